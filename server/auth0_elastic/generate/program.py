"""The day's program: which visits fill it, how often each, and which incidents happen at least once."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from auth0_elastic.generate import accounts, attacks, management, operations, visits
from auth0_elastic.generate.dice import Dice, Weighted
from auth0_elastic.generate.scene import Moment, Scene
from auth0_elastic.generate.tenant import Tenant

Script = Callable[[Tenant, Dice, int], list[Moment]]

_LOGIN = ("spa", "web")
_EMPLOYEES = ("waad", "samlp")


class Visit(NamedTuple):
    """A doing, how often it happens, by which app, by users of which strategies (none named: all; None: a machine)."""

    weight: int
    act: Callable[[Scene], None]
    kinds: tuple[str, ...]
    strategies: tuple[str, ...] | None = ()

    def play(self, tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
        if self.strategies is None:
            scene = tenant.machine(dice, at, self.kinds[0])
        else:
            scene = tenant.visit(dice, at, tenant.of(*self.strategies), *self.kinds)
        self.act(scene)
        return scene.moments


VISITS = (
    Visit(300, visits.work, _LOGIN),
    Visit(260, visits.renew, _LOGIN),
    Visit(200, visits.refresh, ("native",)),
    Visit(80, visits.log_in, ("native",)),
    Visit(220, operations.service_token, ("m2m",), None),
    Visit(25, management.read, ("dashboard",), _EMPLOYEES),
    Visit(20, management.change, ("dashboard",), _EMPLOYEES),
    Visit(12, management.change, ("management",), None),
    Visit(18, accounts.sign_up, _LOGIN, ("auth0",)),
    Visit(6, accounts.sign_up_again, _LOGIN, ("auth0",)),
    Visit(14, accounts.forget_password, _LOGIN, ("auth0",)),
    Visit(4, accounts.forget_address, _LOGIN, ("auth0",)),
    Visit(3, accounts.change_email, _LOGIN, ("auth0",)),
    Visit(12, accounts.passwordless, ("spa",), ("email", "sms")),
    Visit(8, accounts.use_passkey, ("spa",), ("auth0",)),
    Visit(5, accounts.enroll, ("spa",), ("auth0", *_EMPLOYEES)),
    Visit(4, accounts.tv_login, ("device",)),
    Visit(4, accounts.revoke, ("native",)),
    Visit(6, visits.code_mismatch, _LOGIN),
    Visit(2, visits.refused, ("spa",)),
    Visit(6, operations.scim, ("management",), None),
    Visit(4, operations.back_channel, ("web",)),
    Visit(3, operations.action_failed, _LOGIN),
    Visit(2, operations.remove_user, ("management",), ("auth0",)),
    Visit(1, operations.legacy_password, ("native",), ("auth0",)),
)

_RARE = (
    Visit(1, operations.warnings, ("web",), ("auth0",)),
    Visit(1, operations.notices, ("dashboard",), _EMPLOYEES),
    Visit(1, operations.connector, ("management",), None),
    Visit(1, operations.rate_limit, ("management",), None),
    Visit(1, accounts.lose_phone, ("web",), _EMPLOYEES),
    Visit(1, accounts.join_organization, ("web",), _EMPLOYEES),
    Visit(1, accounts.passwordless, ("spa",), ("sms",)),
    Visit(1, accounts.passwordless, ("spa",), ("email",)),
)

INCIDENTS: tuple[Script, ...] = (
    attacks.brute_force,
    attacks.travel,
    attacks.stolen_token,
    attacks.spray,
    attacks.push_fatigue,
    attacks.stuffing,
    *(visit.play for visit in _RARE),
    attacks.guess_codes,
    attacks.fake_sign_ups,
    attacks.hammering,
    *(visit.play for visit in VISITS if visit.weight < 20),
)


def incidents(*, with_attacks: bool) -> tuple[Script, ...]:
    """Those that a day has at least once."""
    return INCIDENTS if with_attacks else tuple(each for each in INCIDENTS if each not in attacks.ATTACKS)


@cache
def usual() -> Weighted[Visit]:
    return Weighted(VISITS, [visit.weight for visit in VISITS])
