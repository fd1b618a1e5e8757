"""The rooms' constructor arguments, out of the settings; for bot/app.py and bot/doctor.py."""

from __future__ import annotations

from bot.config import Rt, RtAuth, Settings
from bot.rt.instance import Form, Login, RtInstance
from bot.teams.credentials import AppTokens, Certificate, Secret


def rt_instances(settings: Settings) -> list[RtInstance]:
    """Return every RT, the one that a bare number means first."""
    names = sorted(settings.rt, key=lambda name: name != "rt")
    return [_rt_instance(name, settings.rt[name]) for name in names]


def _rt_instance(name: str, rt: Rt) -> RtInstance:
    secret = {RtAuth.TOKEN: rt.token, RtAuth.BASIC: rt.password}.get(rt.auth)
    return RtInstance(
        name=name,
        url=rt.url,
        login=Login(rt.auth.value),
        account=rt.account or "",
        secret=secret.get_secret_value() if secret else "",
        ca=str(rt.ca_file or ""),
        form=Form(rt.form),
    )


def app_tokens(settings: Settings) -> AppTokens:
    """Return what fetches the bot's own token. Needs a credential: not for development mode."""
    teams = settings.teams
    assert teams.app_id is not None
    return AppTokens(
        teams.app_id,
        _credential(settings),
        teams.authority_url,
        ca_file=str(teams.ca_file or ""),
    )


def _credential(settings: Settings) -> Secret | Certificate:
    teams = settings.teams
    if teams.app_password is not None:
        return Secret(teams.app_password.get_secret_value())
    assert teams.certificate_key_file is not None
    assert teams.certificate_file is not None
    return Certificate(
        teams.certificate_key_file.read_text(encoding="ascii"),
        teams.certificate_file.read_text(encoding="ascii"),
    )
