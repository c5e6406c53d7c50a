"""Very many calls at once against one budget."""

import pytest

from stampede import Stampede

CALLS = 2_000


@pytest.fixture
def stampede(tmp_path):
    stampede = Stampede(tmp_path / "team", CALLS)
    yield stampede
    stampede.team.stop()


def test_two_thousand_calls_at_once_use_a_budget_up_and_not_a_cent_more(stampede):
    """The budget pays for two in five; the others are told so, and none is told too early."""
    stampede.run()
    print(stampede.table())
    stampede.check()
    stampede.team.assert_healthy()
