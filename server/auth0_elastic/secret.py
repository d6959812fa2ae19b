"""A value that must not be seen."""

import hmac


class Secret:
    """Holds a secret text; `reveal()` is the only way to see it, so that no log, error or repr shows it by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def matches(self, candidate: bytes) -> bool:
        """Compares in a time that does not depend on where the two differ."""
        return hmac.compare_digest(self._value.encode(), candidate)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)
