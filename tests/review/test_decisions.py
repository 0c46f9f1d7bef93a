"""Decisions are added, never lost, never changed."""

from __future__ import annotations

import sqlite3
import threading

import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import DataError, OutputError
from geoprospect.review.decisions import ConflictError, Decisions, states


@pytest.fixture
def kept(tmp_path):
    return Decisions(tmp_path / "decisions.gpkg")


def record(kept, kind, version, *, target="T1", who="Li 李", request=None, **more):
    return kept.record(
        target=target, ground="g", kind=kind, who=who, version=version,
        request=request or f"{target}-{version}-{kind}-{who}", **more,
    )  # fmt: skip


def test_each_kind_makes_of_its_target_what_it_says(kept):
    seen = [record(kept, kind, n).status for n, kind in enumerate(["accept", "hold", "reject"])]
    assert seen == ["accepted", "held", "rejected"]
    assert record(kept, "comment", 0, comment="why?").status == "rejected"
    assert record(kept, "open", 4).status == "open"
    assert [one.version for one in kept.since()] == [1, 2, 3, 4, 5]
    assert kept.since(3) == kept.since()[3:]


def test_undoing_adds_an_entry_and_brings_back_what_was_before(kept):
    record(kept, "accept", 0)
    second = record(kept, "reject", 1)
    undone = record(kept, "undo", 2, undoes=second.id)
    assert (undone.status, undone.undoes, len(kept.since())) == ("accepted", second.id, 3)
    with pytest.raises(ValueError, match="nothing such to undo"):
        record(kept, "undo", 3, undoes=second.id, request="again-again")
    with pytest.raises(ValueError, match="nothing such to undo"):
        record(kept, "undo", 3, undoes=undone.id)
    first = kept.since()[0]
    assert record(kept, "undo", 3, undoes=first.id).status == "open"


def test_what_another_decided_meanwhile_is_told_and_nothing_recorded(kept):
    record(kept, "accept", 0, who="Li")
    with pytest.raises(ConflictError, match="T1 was decided on by another") as found:
        record(kept, "reject", 0, who="Wang")
    assert [one.who for one in found.value.history] == ["Li"]
    assert len(kept.since()) == 1
    assert record(kept, "comment", 0, comment="seen", who="Wang").version == 2


def test_asked_twice_it_is_recorded_once(kept):
    first = record(kept, "accept", 0, request="the-same-one")
    assert record(kept, "accept", 0, request="the-same-one") == first
    assert len(kept.since()) == 1


def test_of_many_at_once_one_wins_and_the_others_hear_of_it(kept):
    won, lost = [], []

    def decide(n):
        try:
            won.append(record(kept, "accept", 0, who=f"planner {n}"))
        except ConflictError as error:
            lost.append(error)

    threads = [threading.Thread(target=decide, args=(n,)) for n in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(won), len(lost)) == (1, 11)
    assert [one.who for one in kept.since()] == [won[0].who]


@pytest.mark.parametrize("statement", ["UPDATE decisions SET who = 'x'", "DELETE FROM decisions"])
def test_the_file_itself_refuses_changes(kept, statement):
    record(kept, "accept", 0)
    with sqlite3.connect(kept.path) as file, pytest.raises(sqlite3.IntegrityError, match="never"):
        file.execute(statement)
    file.close()
    assert kept.since()[0].who == "Li 李"


def test_gis_programs_read_it_as_a_table(kept):
    record(kept, "accept", 0, comment="矿化好")
    table = pyogrio.read_dataframe(kept.path, layer="decisions")
    assert table.loc[0, ["target", "status", "comment"]].tolist() == ["T1", "accepted", "矿化好"]


def test_decisions_hold_for_ground_not_for_names(kept):
    entry = record(kept, "accept", 0)
    assert states(kept.since(), {"T1": "g"}) == {"T1": entry}
    assert states(kept.since(), {"T1": "other ground"}) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"this is no database, but it is what somebody has put here" * 40, "not a database"),
        (b"SQLite format 3\x00" + b"\x00" * 2000, "is no sound file of decisions"),
    ],
)
def test_a_file_that_is_no_database_stops_the_start_and_is_left_alone(tmp_path, content, reason):
    path = tmp_path / "decisions.gpkg"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason):
        Decisions(path)
    assert path.read_bytes() == content


def test_a_damaged_page_is_found_and_nothing_is_overwritten(kept):
    for n in range(200):
        record(kept, "comment", 0, comment="x" * 200, request=f"request-{n}")
    whole = kept.path.read_bytes()
    torn = whole[:8192] + b"\xff" * 4096 + whole[12288:]
    kept.path.write_bytes(torn)
    with pytest.raises(DataError, match="nothing was changed in it"):
        Decisions(kept.path)
    assert kept.path.read_bytes() == torn


def test_another_table_of_that_name_is_refused(tmp_path):
    path = tmp_path / "decisions.gpkg"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE decisions (id INTEGER, verdict TEXT)")
    file.close()
    with pytest.raises(DataError, match="lacks column 'target'"):
        Decisions(path)


def test_a_folder_that_is_not_there_is_told_with_the_remedy(tmp_path):
    with pytest.raises(OutputError, match=r"cannot write .*decisions\.gpkg"):
        Decisions(tmp_path / "nowhere" / "decisions.gpkg")


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"kind": "burn"}, "kind must be one of accept"),
        ({"kind": "accept", "who": " "}, "say who you are"),
        ({"kind": "comment", "comment": " "}, "a comment needs words"),
    ],
)
def test_what_makes_no_sense_is_refused(kept, wish, told):
    with pytest.raises(ValueError, match=told):
        record(kept, wish.pop("kind"), 0, **wish)
    assert kept.since() == []


@given(st.lists(st.sampled_from(["accept", "reject", "hold", "open", "undo"]), max_size=12))
def test_a_status_is_that_of_the_last_entry_not_taken_back(tmp_path_factory, kinds):
    """The oracle is a stack: undoing takes the top entry off."""
    kept = Decisions(tmp_path_factory.mktemp("kept") / "decisions.gpkg")
    names = {"accept": "accepted", "reject": "rejected", "hold": "held", "open": "open"}
    stack, version = [], 0
    for kind in kinds:
        if kind == "undo":
            if not stack:
                continue
            entry = record(kept, kind, version, undoes=stack.pop().id)
        else:
            entry = record(kept, kind, version)
            stack.append(entry)
        version += 1
        assert entry.status == (names[stack[-1].kind] if stack else "open")
