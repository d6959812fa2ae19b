"""The tenant: its users, its applications, and a scene for any of them."""

from auth0_elastic.generate.dice import Dice, Weighted
from auth0_elastic.generate.people import Device, Person, person, server
from auth0_elastic.generate.scene import Scene
from auth0_elastic.generate.tables import App, apps

_FEWEST, _MOST = 300, 5000  # with fewer users, some connection might have none


class Tenant:
    """Everybody and everything of one seed; `count` events need about a tenth as many users."""

    def __init__(self, seed: int, count: int) -> None:
        self.people = [person(seed, number) for number in range(min(_MOST, max(_FEWEST, count // 10)))]
        self._by_strategy: dict[str, list[Person]] = {}
        for someone in self.people:
            self._by_strategy.setdefault(someone.connection.strategy, []).append(someone)

    def of(self, *strategies: str) -> list[Person]:
        """The users of these strategies; everybody when there is none."""
        found = [someone for strategy in strategies for someone in self._by_strategy.get(strategy, [])]
        return found or self.people

    def with_factor(self) -> list[Person]:
        return [someone for someone in self.people if someone.factor == "push"]

    def app(self, dice: Dice, *kinds: str) -> App:
        chosen = [app for app in apps() if app.kind in kinds]
        return dice.weighted(Weighted(chosen, [app.weight for app in chosen]))

    def visit(self, dice: Dice, at: int, people: list[Person], *kinds: str) -> Scene:
        """Somebody of `people` at home, with an app of `kinds` that the device can run."""
        someone = dice.often_first(people)
        return Scene(dice, at, someone.device, someone, self._suited(dice, someone.device, kinds), self.people)

    def _suited(self, dice: Dice, device: Device, kinds: tuple[str, ...]) -> App:
        """A native app must run on the device; a desktop has the browser's instead."""
        if kinds != ("native",):
            return self.app(dice, *kinds)
        agent = device.browser.user_agent
        system = "iOS" if "like Mac OS X" in agent else "Android"
        native = [app for app in apps() if app.kind == "native" and app.client_name.endswith(system)]
        return native[0] if device.browser.role == "mobile" else self.app(dice, "spa")

    def machine(self, dice: Dice, at: int, kind: str) -> Scene:
        """A service without a user."""
        return Scene(dice, at, server(dice), None, self.app(dice, kind), self.people)

    def intrusion(self, dice: Dice, at: int, device: Device, victim: Person | None = None) -> Scene:
        """An attacker at the shop's login, as `victim` or as nobody known."""
        return Scene(dice, at, device, victim, self.app(dice, "spa"))
