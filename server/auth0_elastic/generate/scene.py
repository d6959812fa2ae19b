"""One actor's doings: a person or a machine with a device, an app and a clock, and the events they leave."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from auth0_elastic.generate.dice import Dice
from auth0_elastic.generate.frame import Event, frame, log_id
from auth0_elastic.generate.people import Device, Person
from auth0_elastic.generate.tables import App

HOSTNAME = "login.example.com"
TENANT = "example-tenant"


class Moment(NamedTuple):
    """An event, when it happened and when it is delivered, in epoch milliseconds."""

    happened: int
    delivered: int
    event: Event


class Scene:
    """Notes events for one actor as its clock goes on; `moments` has what was noted."""

    def __init__(
        self,
        dice: Dice,
        at: int,
        device: Device,
        person: Person | None = None,
        app: App | None = None,
        others: Sequence[Person] = (),
    ) -> None:
        self.dice, self.at, self.device = dice, at, device
        self.person, self.app, self.others = person, app, others
        self.session_id = dice.hex(32)
        self.correlation = {"correlation_id": dice.hex(24), "trace_id": dice.hex(32)}
        self.moments: list[Moment] = []

    def variant(self, limit: int) -> int:
        """A number below `limit` of this scene's own. Nothing is drawn for it, so it leaves what follows as it is."""
        return int(self.session_id[:8], 16) % limit

    def wait(self, least: int, most: int) -> Self:
        """Lets between `least` and `most` milliseconds pass."""
        self.at += self.dice.between(least, most)
        return self

    def log(
        self, code: str, details: dict[str, Any] | None = None, description: str | None = None, **fields: Any
    ) -> Self:
        """Notes an event now; `fields` override what is known of person, app and device, None removes."""
        written = self.at + self.dice.between(80, 1800)
        late = self.dice.between(15_000, 240_000) if self.dice.chance(1) else 0
        identity = log_id(written, self.dice.digits(3), self.dice.below(10**10))
        event = frame(code, self.at, identity, {**self._known(), **fields}, details, description)
        self.moments.append(Moment(self.at, written + late + self.dice.between(100, 900), event))
        return self

    def _known(self) -> dict[str, Any]:
        return {**_blank(), **self._user(), **self._client(), **self._request()}

    def _request(self) -> dict[str, Any]:
        browser = self.device.browser
        prints = {"ja3": self.device.ja3, "ja4": self.device.ja4}
        return {
            "ip": self.device.ip,
            "user_agent": browser.user_agent,
            "is_mobile": browser.role == "mobile",
            "hostname": HOSTNAME,
            "security_context": prints if browser.role != "server" else None,
            "references": self.correlation,
        }

    def _client(self) -> dict[str, Any]:
        if self.app is None:
            return {}
        app = self.app
        known = {"client_id": app.client_id, "client_name": app.client_name, "audience": app.audience}
        return {**known, "scope": app.scope, "auth0_client": app.sdk or None}

    def _user(self) -> dict[str, Any]:
        if self.person is None:
            return {}
        person, connection = self.person, self.person.connection
        organization = person.organization or (None, None)
        return {
            "connection": connection.connection,
            "connection_id": connection.connection_id,
            "strategy": connection.strategy,
            "strategy_type": connection.strategy_type,
            "user_id": person.user_id,
            "identity_user_id": person.user_id.rpartition("|")[2],
            "user_name": person.email,
            "organization_id": organization[0],
            "organization_name": organization[1],
        }


def _blank() -> dict[str, Any]:
    """What Auth0 sends as an empty text when there is nothing to say."""
    return dict.fromkeys(("connection_id", "client_name", "strategy", "strategy_type", "audience"), "")
