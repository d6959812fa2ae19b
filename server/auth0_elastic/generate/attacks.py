"""What detections should find: spray, stuffing, brute force, push fatigue, impossible travel, stolen tokens, bots."""

from auth0_elastic.generate import details
from auth0_elastic.generate.accounts import replace_email
from auth0_elastic.generate.dice import Dice
from auth0_elastic.generate.people import Device, Person, attacker, visitor
from auth0_elastic.generate.scene import Moment, Scene
from auth0_elastic.generate.tables import places
from auth0_elastic.generate.tenant import Tenant

_NOBODY = {"connection": "Username-Password-Authentication", "strategy": "auth0", "strategy_type": "database"}


def _miss(scene: Scene) -> None:
    """A password for a user who exists, or for one who does not."""
    if scene.person is None:
        name = f"{scene.dice.text('abcdefghijklmnop', 9)}@example.com"
        scene.log("fu", details.bad_password(), user_id="", user_name=name, **_NOBODY)
    else:
        scene.log("fp", details.bad_password())


def _break_in(scene: Scene, *alarms: str) -> None:
    scene.log("s", details.login(scene, *alarms))
    scene.wait(200, 900).log("seacft", details.token(scene, code=details.code(scene)))


def spray(tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
    """One address tries one password on thirty users, gets into one account and is blocked at last."""
    device, victims = attacker(dice), tenant.of("auth0")
    lucky, moments = dice.between(12, 24), list[Moment]()
    for number in range(30):
        at += dice.between(2000, 15_000)
        scene = tenant.intrusion(dice, at, device, None if dice.chance(20) else dice.pick(victims))
        if number == lucky and scene.person:
            _break_in(scene, "UntrustedIP", "NewDevice")
        else:
            _miss(scene)
        moments += scene.moments
    blocked = tenant.intrusion(dice, at + 3000, device)
    return (
        moments + blocked.log("limit_mu", {"flow": "login"}).wait(4000, 9000).log("limit_mu", {"flow": "login"}).moments
    )


def stuffing(tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
    """A leaked list, each pair from another address: unknown users, breached passwords, two accounts lost."""
    moments, victims = list[Moment](), tenant.of("auth0")
    for number in range(40):
        at += dice.between(1000, 9000)
        known = number % 4 == 0
        scene = tenant.intrusion(dice, at, attacker(dice), dice.pick(victims) if known else None)
        if number in (8, 20, 32):
            scene.log("pwd_leak")
        elif number in (16, 36):
            _break_in(scene, "NewDevice", "UntrustedIP")
        else:
            _miss(scene)
        moments += scene.moments
    return moments


def brute_force(tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
    """Ten wrong passwords for one user, then the block, more knocking, and the user who unblocks by mail."""
    victim = dice.pick(tenant.of("auth0"))
    scene = tenant.intrusion(dice, at, attacker(dice), victim)
    for _ in range(10):
        _miss(scene.wait(1500, 12_000))
    for _ in range(3):
        scene.wait(2000, 9000).log("limit_wc")
    owner = Scene(dice, scene.at + 300_000, victim.device, victim, scene.app)
    owner.log("ublkdu", {"email": victim.email, "title": "Unblock", "query": {"ticket": "*****"}})
    return scene.moments + owner.moments


def push_fatigue(tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
    """Somebody has the password and sends push after push, until the tired user confirms."""
    scene = tenant.intrusion(dice, at, attacker(dice), dice.pick(tenant.with_factor()))
    scene.log("mfar", details.required(scene, "UntrustedIP"))
    for _ in range(8):
        scene.wait(8000, 30_000).log("gd_send_pn", details.guardian(scene, "push", "send-transaction"))
        scene.wait(3000, 9000).log("gd_auth_rejected", details.guardian(scene, "push", "reject-login"))
    scene.wait(20_000, 40_000).log("gd_send_pn", details.guardian(scene, "push", "send-transaction"))
    scene.wait(3000, 9000).log("gd_auth_succeed", details.guardian(scene, "push", "resolve-transaction"))
    _break_in(scene.wait(500, 900), "UntrustedIP", "NewDevice")
    return scene.moments


def guess_codes(tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
    """One-time codes by trial, until Guardian has enough."""
    scene = tenant.intrusion(dice, at, attacker(dice), dice.pick(tenant.with_factor()))
    wrong = {"errorCode": "invalid_otp", "message": "The code is invalid."}
    for _ in range(10):
        attempt = details.guardian(scene, "otp", "verify-otp", failure_details=wrong)
        scene.wait(1000, 4000).log("gd_auth_failed", attempt)
    return scene.log("gd_otp_rate_limit_exceed", details.guardian(scene, "otp", "verify-otp")).moments


def _elsewhere(dice: Dice, person: Person) -> Device:
    continent = person.place.location_info["continent_code"]
    return visitor(dice, dice.pick([p for p in places("attack") if p.location_info["continent_code"] != continent]))


def travel(tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
    """At home, and twenty minutes later on another continent, where the account's address is changed."""
    scene = tenant.visit(dice, at, tenant.of("auth0"), "spa")
    assert scene.person is not None
    _break_in(scene)
    away = Scene(
        dice, scene.at + dice.between(900_000, 1_300_000), _elsewhere(dice, scene.person), scene.person, scene.app
    )
    _break_in(away, "ImpossibleTravel", "NewDevice")
    replace_email(away.wait(30_000, 60_000), "stolen@example.net")
    return scene.moments + away.moments


def stolen_token(tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
    """A rotating refresh token that was used already comes again, from elsewhere; the family is revoked."""
    scene = tenant.visit(dice, at, tenant.people, "native")
    family, counter = dice.hex(24), dice.between(5, 60)
    scene.log("sertft", details.token(scene, familyId=family, tokenCounter=counter))
    thief = Scene(dice, scene.at + dice.between(60_000, 400_000), attacker(dice), scene.person, scene.app)
    thief.log("ferrt", {"familyId": family, "tokenCounter": counter - 1, "latestCounter": counter})
    scene.wait(400_001, 500_000).log("fertft", {"failure_reason": "grant_revoked"})
    return scene.moments + thief.moments


def fake_sign_ups(tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
    """A bot makes accounts, some with breached passwords or addresses that are taken."""
    scene = tenant.intrusion(dice, at, attacker(dice))
    for number in range(8):
        name = f"{dice.text('abcdefghijklmnop', 8)}{number}@example.net"
        code = ("ss", "fs", "signup_pwd_leak", "ss")[number % 4]
        body = {"body": {"email": name, "password": "*****", "connection": _NOBODY["connection"]}}
        scene.wait(700, 3000).log(code, body if code == "ss" else None, user_name=name, **_NOBODY)
    return scene.moments


def hammering(tenant: Tenant, dice: Dice, at: int) -> list[Moment]:
    """A script that logs in again and again as one user; the account is held back."""
    person = dice.pick(tenant.of("auth0"))
    scene = tenant.intrusion(dice, at, attacker(dice), person)
    for _ in range(6):
        scene.wait(200, 900).log("s", details.login(scene))
    return scene.log("limit_sul").wait(500, 900).log("limit_sul").moments


ATTACKS = (
    spray,
    stuffing,
    brute_force,
    push_fatigue,
    guess_codes,
    travel,
    stolen_token,
    fake_sign_ups,
    hammering,
)
"""All of them, so that a day can be made without."""
