"""`kill -9` ten times at random instants, under the load of several people at once."""

import pytest

from crashes import Crashes

KILLS = 10


@pytest.fixture
def crashes(tmp_path):
    crashes = Crashes(tmp_path / "team", seed=20_26)
    yield crashes
    crashes.team.stop()


def test_ten_kills_lose_nothing_and_overspend_nothing(crashes):
    """After each: all that was received whole is booked, and no budget is exceeded. At the end:
    the ledger is the bill, but for calls whose generation nobody ever learned."""
    crashes.run(KILLS)
    print(crashes.table())
    assert crashes.kills == KILLS
    # The experiment has to have been one: whole answers, broken ones, and attempts left open.
    assert len(crashes.whole) > KILLS and crashes.broken, crashes.table()
    assert crashes.open_at_kills > 0 and crashes.streams_cut, crashes.table()
    assert crashes.team.chat(crashes.people[0].key).status_code == 200
