"""The rights that docs/rt.md names, given by our script on a real RT: they are enough, and no more."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.identity import Identity, Proof
from bot.domain.matching import is_requestor
from bot.domain.tickets import NewTicket, TicketRef
from bot.relay.outcomes import Refused
from bot.rt import doctor
from bot.rt.gateway import way_into
from bot.rt.instance import RtInstance
from bot.rt.rest2 import Rest2
from bot.rt.ways import Way
from tests.contract.rts import LONDON, Place, at_real_rt
from tests.processes import ROOT
from tests.rigs.rt.fixture import ready
from tests.rigs.rt.rig import Rig, running

SCRIPT = ROOT / "infra/rt/grant-rights.pl"


@pytest.fixture(scope="module", params=["5", "4"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """An RT of our own, in which rights are given."""
    ready(request.param)
    with running(rt=request.param) as rig:
        yield rig


def grant(rig: Rig, *asked: str, user: str = "weak", queue: str = "Private") -> tuple[int, str]:
    """Run the script as RT's administrator would; its status and what it said."""
    folder = Path(rig.facts["ca"]).parents[1]
    config = {
        "RT_SITE_CONFIG": str(folder / "etc/RT_SiteConfig.pm"),
        "RT_SITE_CONFIG_DIR": str(folder / "etc/empty"),
        "PERL5LIB": rig.facts["perl5lib"],
    }
    library = f"-I/usr/share/request-tracker{rig.facts['rt']}/lib"
    done = subprocess.run(
        ["/usr/bin/perl", library, str(SCRIPT), "--user", user, "--queue", queue, *asked],
        env={**os.environ, **config},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "[warning]" not in line]
    return done.returncode, done.stdout + "\n".join(said)


@contextmanager
def entered(rig: Rig) -> Iterator[tuple[Place, Way]]:
    """The way in of an account that has no rights yet."""
    with rig.acting_as("weak"):
        place = at_real_rt(rig, "rest", 0)
        way = way_into(place.instance, LONDON)
        yield place, way
        way.close()
        place.gateway.close()


def marys(way: Way) -> list[TicketRef]:
    """The open tickets that are found of who is the requestor of the one in Private."""
    who = Identity(Proof.SSO, "msomerv")
    return [one.ref for one in way.own(who) or [] if is_requestor(who, one)]


def test_the_rights_are_enough_for_what_each_is_for_and_for_nothing_else(rig: Rig) -> None:
    private = TicketRef("rt", rig.tickets["forbidden"])
    new = NewTicket("rt", "Private", "Trouble", "ada@help.test")
    with entered(rig) as (place, way):
        with pytest.raises(Refused):
            way.read(private)
        assert marys(way) == []

        code, said = grant(rig, "--dry-run")
        assert (code, said.count("would grant")) == (0, 4)
        with pytest.raises(Refused):
            way.read(private)

        code, said = grant(rig)
        assert (code, said.count("granted")) == (0, 4)
        assert grant(rig) == (0, "weak has all that it needs\n")
        assert way.read(private).queue == "Private"
        assert private in marys(way)
        dossier = place.dossier("forbidden")
        receipt = way.file(dossier)
        assert receipt.ticket == private.number
        assert way.find(dossier) == receipt
        for forbidden in (
            lambda: way.file(place.dossier("printer")),
            lambda: way.file(place.dossier("forbidden", new=new)),
            lambda: way.correspond(private, "Come.", "[chat:x:invite:1]", "Live chat"),
            lambda: way.set_status(private, "stalled"),
        ):
            with pytest.raises(Refused):
                forbidden()

        assert grant(rig, "--create", "--marker-field", "Chat ID")[0] == 0
        with pytest.raises(Refused, match="shows no field"):
            way.set_field(private, "Chat rating", "yes")
        code, said = grant(rig, "--create", "--rating-field", "Chat rating")
        assert (code, said.count("on the field Chat rating")) == (0, 2)
        if rig.facts["rt"] == "5":  # REST 1.0 wants ModifyTicket, too
            way.set_field(private, "Chat rating", "yes")
            assert rig.field(private.number, "Chat rating") == "yes"
        made = place.dossier("forbidden", new=new)
        receipt = way.file(made)
        assert way.find(made) == receipt
        assert way.read(TicketRef("rt", receipt.ticket)).queue == "Private"
        assert "granted ReplyToTicket" in grant(rig, "--create", "--reply")[1]
        way.correspond(private, "Come.", "[chat:x:invite:1]", "Live chat")
        assert "granted ModifyTicket" in grant(rig, "--create", "--reply", "--status")[1]
        way.set_status(private, "stalled")
        assert way.read(private).status == "stalled"
        way.set_field(private, "Chat rating", "no")
        assert rig.field(private.number, "Chat rating") == "no"


def test_the_script_tells_of_rights_that_are_too_many(rig: Rig) -> None:
    code, said = grant(rig, user="root", queue="Support")
    assert (code, "TOO MANY: SuperUser" in said) == (1, True)
    code, said = grant(rig, "--create", user="grace", queue="Support")
    assert code == 1
    for right in ("ModifyTicket", "DeleteTicket", "OwnTicket", "StealTicket"):
        assert f"TOO MANY: {right} on the queue Support" in said
    assert "CreateTicket" not in said
    assert "ReplyToTicket" not in said  # everybody has it there
    code, said = grant(rig, "--dry-run", user="svc-livechat", queue="Teaching")
    assert "TOO MANY: ModifyTicket on the queue Teaching" in said
    assert "TOO MANY" not in grant(rig, "--create", "--reply", "--status")[1]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"user": "ada"}, "RT has no user called ada: make one there"),
        ({"user": "s1234567"}, "s1234567 is not privileged"),
        ({"queue": "Nowhere"}, "RT has no queue called Nowhere"),
    ],
)
def test_the_script_says_what_it_misses(real_rt: Rig, more: dict[str, str], said: str) -> None:
    code, heard = grant(real_rt, **more)
    assert code == 2
    assert said in heard


# --- the doctor ----------------------------------------------------------------------------------


def unwise(rig: Rig, who: str, **more: tuple[str, ...]) -> list[str]:
    """What the doctor thinks too much."""
    with rig.acting_as(who):
        instance = RtInstance("rt", rig.url, ca=rig.ca)
        rest = Rest2(replace(instance, **more))  # type: ignore[arg-type]
        try:
            found = doctor.check(rest, replace(instance, **more))  # type: ignore[arg-type]
        finally:
            rest.close()
    rights = [finding for finding in found if finding.name.endswith(": rights")]
    assert all(finding.ok and finding.unwise for finding in rights)
    return [finding.sentence for finding in rights]


def test_the_doctor_warns_of_what_the_api_shows(real_rt: Rig) -> None:
    ours = {"queues": ("Support", "Purchasing")}
    (elsewhere,) = unwise(real_rt, "svc-livechat", **ours)
    assert "may read tickets of queues that are not" in elsewhere
    all_ours = {"queues": ("Support", "Purchasing", "Teaching")}
    (modifies,) = unwise(real_rt, "svc-livechat", **all_ours)
    assert modifies.startswith("The account has ModifyTicket in Teaching.")
    assert unwise(real_rt, "svc-livechat", **all_ours, statuses=("resolved",)) == []
    everything = " ".join(unwise(real_rt, "root"))
    for right in ("SuperUser", "AdminUsers", "AdminGroupMembership", "ModifyTicket"):
        assert right in everything
    assert "DeleteTicket" in " ".join(unwise(real_rt, "grace", queues=("Support",)))


@pytest.mark.parametrize(
    ("field", "queues", "missing"),
    [
        ("chat rating", ("Support", "Teaching", "Purchasing"), [False, False, True]),
        ("Chat ID", ("Support", "Teaching"), [False, True]),
        ("No such field", ("Support",), [True]),
        ("No such field", (), [True]),
        ("", ("Support",), []),
    ],
)
def test_the_doctor_sees_whether_the_field_for_the_answer_is_there(
    real_rt: Rig, field: str, queues: tuple[str, ...], missing: list[bool]
) -> None:
    with real_rt.acting_as("svc-livechat"):
        instance = RtInstance("rt", real_rt.url, ca=real_rt.ca, queues=queues, rating_field=field)
        rest = Rest2(instance)
        try:
            found = [f for f in doctor.check(rest, instance) if f.name == "rt rt: rating field"]
        finally:
            rest.close()
    assert [f.unwise for f in found] == missing
    assert all(f.ok for f in found)
    assert all("ModifyCustomField" in f.sentence for f in found if f.unwise)


def test_the_doctor_sees_whether_the_queues_are_there_and_may_be_written_to(real_rt: Rig) -> None:
    with real_rt.acting_as("svc-livechat"):
        instance = RtInstance("rt", real_rt.url, ca=real_rt.ca)
        named = ("Support", "Teaching", "Purchasing", "Private", "Nowhere")
        instance = replace(instance, queues=named, makes_in=("Teaching",))
        rest = Rest2(instance)
        try:
            found = [f for f in doctor.check(rest, instance) if f.name == "rt rt: queues"]
        finally:
            rest.close()
    said = {
        name: [(f.ok, f.unwise, f.sentence) for f in found if f" {name}" in f.sentence]
        for name in named
    }
    assert said["Support"] == [(True, False, "The queue Support is there, and may be worked with.")]
    ((ok, _, sentence),) = said["Teaching"]
    assert not ok
    assert "no ticket may be made there. Give the account CreateTicket" in sentence
    making, commenting = said["Purchasing"]
    assert making[:2] == (True, True)
    assert not commenting[0]
    assert "Give the account CommentOnTicket" in commenting[2]
    ((ok, _, sentence),) = said["Private"]
    assert not ok
    assert "SeeQueue" in sentence
    ((ok, _, sentence),) = said["Nowhere"]
    assert not ok
    assert "no queue called Nowhere" in sentence
