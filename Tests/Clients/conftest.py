"""The fixtures: one team for everything that leaves no trace, a fresh one where state matters."""

import pytest

from harness import Team
from trouble import Trouble


@pytest.fixture(scope="session")
def team(tmp_path_factory):
    """A running team that many tests share; each adds the people it needs."""
    team = Team(tmp_path_factory.mktemp("team"))
    yield team
    team.agreed_books()
    team.stop()


@pytest.fixture
def fresh_team(tmp_path):
    """A function that starts a team of the test's own, with options; all are stopped at the end."""
    started = []

    def start(**options):
        team = Team(tmp_path / f"team-{len(started)}", **options)
        started.append(team)
        return team

    yield start
    for team in started:
        team.stop()


@pytest.fixture
def trouble(tmp_path):
    """A function that makes a team on a faulty disk; the teams are stopped at the end."""
    made = []

    def make(**options):
        made.append(Trouble(tmp_path / f"trouble-{len(made)}", **options))
        return made[-1]

    yield make
    for one in made:
        one.disk.heal()
        one.team.stop()
