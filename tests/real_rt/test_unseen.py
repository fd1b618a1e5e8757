"""A real RT that does not show us its comments (no ShowTicketComments): by REST 1.0 ours are found.

By REST 2.0 it is seen that there may be one.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.relay.outcomes import Refused
from bot.rt.gateway import way_into
from tests.contract.rts import LONDON, at_real_rt
from tests.rigs.rt.fixture import ready
from tests.rigs.rt.rig import Rig, running


@pytest.fixture(params=["5", "4"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    ready(request.param)
    rights = tmp_path / "rights"
    rights.write_text(
        "@ACL = map { { UserId => 'weak', Queue => 'Teaching', Right => $_ } }"
        " qw(SeeQueue ShowTicket CommentOnTicket); 1;"
    )
    with running(rt=request.param) as rig, rig.acting_as("weak"):
        rig.insert(rights)
        yield rig


def test_a_record_is_found_by_its_file_and_by_who_wrote_it(rig: Rig) -> None:
    """RT searches for whoever sees a ticket by all that is attached to it."""
    place = at_real_rt(rig, "rest1", 0)
    way = way_into(place.instance, LONDON)
    asked, others = place.dossier("teaching"), place.dossier("teaching")
    place.comment_by_grace(others)
    assert way.find(asked) is None
    receipt = way.file(asked)
    assert (receipt.proven, receipt.taken) == (False, True)
    assert way.find(asked) == receipt
    assert way.find(others) is None
    way.close()
    place.gateway.close()


@pytest.mark.parametrize("rig", ["5"], indirect=True)
def test_a_record_that_may_be_there_is_not_written_again_by_itself(rig: Rig) -> None:
    place = at_real_rt(rig, "rest2", 0)
    way = way_into(place.instance, LONDON)
    asked, others = place.dossier("teaching"), place.dossier("teaching")
    place.comment_by_grace(others)
    by_itself = replace(asked, tried=timedelta(minutes=4))
    assert way.find(by_itself) is None
    receipt = way.file(asked)
    assert receipt.transaction
    assert not receipt.proven
    with pytest.raises(Refused, match="ShowTicketComments"):
        way.find(by_itself)
    assert any("ShowTicketComments" in one.sentence for one in way.check())
    way.close()
    place.gateway.close()
