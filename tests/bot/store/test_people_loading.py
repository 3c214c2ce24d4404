"""Lists of people in the rows: who is known again, what is refused, and that loading twice is loading once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from bot.effects import Actor, Owner
from bot.envelope import Address
from bot.store import demo, people, people_loading, timeline
from bot.store.begin import Store
from bot.store.columns import table_of
from bot.store.people_files import Agreed, HomeAt, PersonLine, Written
from bot.store.people_plan import Placed, Plan, planned
from bot.store.tables import AddressRow, Building, Consent, Household, Person, Unit

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
CLERK = Actor("staff", staff_id=7, role="administrator", channel="console")
PAPER = Agreed(date(2026, 11, 1), "paper")
A, B, C = "+8613800000001", "+8613800000002", "+8613800000003"
LANDLINE = "+869358210001"
ALONE = "+9990100001"  # 示例·甲, 3号楼2单元501


def at(store: Store, room: str = "601") -> HomeAt:
    """A home in the first building of the demo estate; rooms above the third floor are in the register, 999 is not."""
    with store.read() as tx:
        building = tx.run(select(table_of(Building).c.id).order_by(table_of(Building).c.id)).scalars().all()[2]
        unit = tx.run(select(table_of(Unit).c.id).where(table_of(Unit).c.building_id == building)).scalars().all()[1]
    return HomeAt(building, unit, "", int(room[0]), room)


def line(number: int = 2, name: str = "样例·子", **said: Any) -> PersonLine:
    given = {"phones": (A,), "shared": (), "language": None, "needs": {}, "helpers": (), "consent": None} | said
    return PersonLine(number, Written("", "", "", "", ""), name, **given)


@pytest.fixture
def furnished(store: Store) -> Store:
    with store.begin() as tx:
        demo.load(tx, NOW)
    return store


def load(store: Store, *lines: Placed) -> dict[str, int]:
    with store.begin() as tx:
        plan = planned(tx, lines, zone=ZONE)
        assert plan.faults == (), [str(fault) for fault in plan.faults]
        people_loading.load(tx, plan, actor=CLERK, zone=ZONE, now=NOW)
    return {kind: count for kind, count in people_loading.counted(plan).items() if count}


def look(store: Store, *lines: Placed) -> Plan:
    with store.read() as tx:
        return planned(tx, lines, zone=ZONE)


def refused(store: Store, *lines: Placed) -> list[str]:
    return [str(fault) for fault in look(store, *lines).faults]


def behind(store: Store, number: str, channel: str = "sms") -> people.Known | None:
    with store.read() as tx:
        return people.at(tx, Address(channel, number))


def count(store: Store, row: Any) -> int:
    with store.read() as tx:
        return int(tx.run(select(func.count()).select_from(table_of(row))).scalar_one())


def wrote(store: Store, number: str) -> people.Known:
    """Somebody wrote to us from this number without saying who they are."""
    with store.begin() as tx:
        return people.meet(tx, Address("sms", number), NOW)


def test_who_is_new_is_kept_with_home_needs_consent_and_helper(furnished: Store) -> None:
    home = at(furnished)
    lines = (
        Placed(line(2, needs={"lives_alone": "", "cannot_walk": "轮椅"}, consent=PAPER, helpers=(B,), language="zh_CN"), home),
        Placed(line(3, "样例·丑", phones=(B, LANDLINE)), at(furnished, "602")),
    )
    assert load(furnished, *lines) == {"new_people": 2, "new_addresses": 3}
    known, helper = behind(furnished, A), behind(furnished, B)
    assert known is not None
    assert helper is not None
    with furnished.read() as tx:
        lives = people.home_of(tx, Owner(known.person_id))
        assert (people.name_of(tx, known.person_id or 0), lives and lives.room) == ("样例·子", "601")
        assert people.needs_of(tx, known.person_id or 0) == ("lives_alone", "cannot_walk")
        assert people.helpers_of(tx, known.person_id or 0) == (helper.person_id,)
        consents = tx.run(select(table_of(Consent)).where(table_of(Consent).c.person_id == known.person_id)).all()
    assert [(each.kind, each.channel) for each in consents] == [("care", "paper"), ("health", "paper")]
    assert {each.given_at for each in consents} == {datetime(2026, 10, 31, 16, tzinfo=UTC)}, "the day began in Shanghai"


def test_health_needs_a_consent_of_its_own_beside_that_for_care(furnished: Store) -> None:
    """PIPL art. 29: somebody of whom we may keep that they live alone has not agreed that we keep that they cannot walk."""
    load(furnished, Placed(line(needs={"lives_alone": ""}, consent=PAPER), at(furnished)))
    assert look(furnished, Placed(line(needs={"lives_alone": ""}), at(furnished))).faults == ()
    assert "only with consent" in refused(furnished, Placed(line(needs={"cannot_walk": ""}), at(furnished)))[0]


def test_a_number_from_a_list_waits_to_be_verified_by_its_owner(furnished: Store) -> None:
    load(furnished, Placed(line(phones=(A, LANDLINE)), at(furnished)))
    with furnished.read() as tx:
        rows = tx.run(select(table_of(AddressRow)).order_by(table_of(AddressRow).c.id.desc()).limit(2)).all()
    assert [(row.channel, row.verified_at, row.preference) for row in rows] == [("voice", None, people.ANSWERED_ONLY), ("sms", None, 0)]


def test_the_same_list_again_changes_nothing(furnished: Store) -> None:
    lines = (
        Placed(line(2, needs={"cannot_walk": "轮椅"}, consent=PAPER, helpers=(B,), language="en"), at(furnished, "999")),
        Placed(line(3, "样例·丑", phones=(B,), shared=(LANDLINE,)), at(furnished, "999")),
    )
    assert load(furnished, *lines) == {"new_households": 1, "new_people": 2, "new_addresses": 3}
    rows = [count(furnished, row) for row in (Person, AddressRow, Household, Consent)]
    assert load(furnished, *lines) == {"unchanged": 2}
    assert [count(furnished, row) for row in (Person, AddressRow, Household, Consent)] == rows
    with furnished.read() as tx:
        assert [(entry.actor, entry.kind) for entry in timeline.entries(tx, "people")] == [("staff:7", "imported")]


def test_who_is_known_by_name_gets_what_is_new(furnished: Store) -> None:
    assert load(furnished, Placed(line(name="示例·甲", phones=(ALONE, A), language="en"), at(furnished, "501"))) == {
        "new_addresses": 1,
        "changed": 1,
    }
    known = behind(furnished, A)
    assert known is not None
    assert known.person_id == getattr(behind(furnished, ALONE), "person_id", 0)
    assert known.language == "en"


def test_who_is_known_by_number_in_the_same_home_gets_the_name(furnished: Store) -> None:
    before = behind(furnished, ALONE)
    assert before is not None
    assert load(furnished, Placed(line(name="示例·新名", phones=(ALONE,)), at(furnished, "501"))) == {"changed": 1}
    with furnished.read() as tx:
        assert people.name_of(tx, before.person_id or 0) == "示例·新名"


def test_a_number_is_not_taken_from_somebody_who_is_on_the_list_too(furnished: Store) -> None:
    lines = (
        Placed(line(2, "示例·甲", phones=(A,)), at(furnished, "501")),
        Placed(line(3, "样例·子", phones=(ALONE,)), at(furnished, "501")),
    )
    assert refused(furnished, *lines) == ["Line 3: …0001 is kept as the number of somebody else in this household."]


def test_a_stranger_who_wrote_is_the_person_whom_the_list_names(furnished: Store) -> None:
    stranger = wrote(furnished, A)
    assert load(furnished, Placed(line(), at(furnished))) == {"changed": 1}
    known = behind(furnished, A)
    assert known is not None
    assert (known.person_id, known.home_id is not None) == (stranger.person_id, True)


def test_what_a_stranger_wrote_goes_over_to_who_is_known_by_name(furnished: Store) -> None:
    wrote(furnished, A)
    load(furnished, Placed(line(name="示例·甲", phones=(A,)), at(furnished, "501")))
    assert getattr(behind(furnished, A), "person_id", 0) == getattr(behind(furnished, ALONE), "person_id", 1)
    assert load(furnished, Placed(line(name="示例·甲", phones=(A,)), at(furnished, "501"))) == {"unchanged": 1}


def test_a_phone_that_two_share_is_the_household_s(furnished: Store) -> None:
    lines = [Placed(line(n, name, phones=(), shared=(A,)), at(furnished)) for n, name in ((2, "样例·子"), (3, "样例·丑"))]
    assert load(furnished, *lines) == {"new_people": 2, "new_addresses": 1}
    known = behind(furnished, A)
    assert known is not None
    assert (known.person_id, known.household_id is not None) == (None, True)
    assert load(furnished, *lines) == {"unchanged": 2}


def test_a_no_takes_a_need_back_and_an_empty_cell_leaves_it(furnished: Store) -> None:
    home, owner = at(furnished, "501"), behind(furnished, ALONE)
    assert owner is not None
    assert load(furnished, Placed(line(name="示例·甲", phones=()), home)) == {"unchanged": 1}
    assert load(furnished, Placed(line(name="示例·甲", phones=(), needs={"lives_alone": None}), home)) == {"changed": 1}
    with furnished.read() as tx:
        assert people.needs_of(tx, owner.person_id or 0) == ("cannot_walk",)


def test_a_consent_that_was_withdrawn_stays_so(furnished: Store) -> None:
    """PIPL art. 15: an old paper on an old list brings nothing back; one that was signed later does."""
    owner = behind(furnished, ALONE)
    assert owner is not None
    with furnished.begin() as tx:
        people.consent(tx, owner.person_id or 0, kind="health", wording="", channel="paper", now=NOW)
        people.withdraw(tx, owner.person_id or 0, kind="health", now=NOW)
    home, needs = at(furnished, "501"), {"hears_badly": ""}
    (told,) = refused(furnished, Placed(line(name="示例·甲", phones=(), needs=needs, consent=PAPER), home))
    assert "has been withdrawn since" in told
    assert "only with consent" in refused(furnished, Placed(line(name="示例·甲", phones=(), needs=needs), home))[0]
    later = Agreed(date(2026, 11, 21), "paper")
    assert load(furnished, Placed(line(name="示例·甲", phones=(), needs=needs, consent=later), home)) == {"changed": 1}


OTHERS = "kept as one person's number, not as one that a household shares."
ELSEWHERE = "kept as the number of somebody who is not registered here."
REFUSED = {
    "somebody of another home": (line(phones=("+9990100005",)), f"…0005 is {ELSEWHERE}"),
    "a member of staff": (line(phones=("+9990200001",)), f"…0001 is {ELSEWHERE}"),
    "a phone that others share": (line(phones=("+9990100007",)), "…0007 is kept as a number that another household shares."),
    "shared, and one person's": (
        line(phones=(), shared=(ALONE,)),
        f"…0001 is {OTHERS}",
    ),
    "needs without consent": (line(needs={"powered_device": "制氧机"}), "what somebody needs is kept only with consent"),
    "helps themselves": (line(helpers=(A,)), "帮助人电话 is their own number."),
    "nobody helps": (line(helpers=(C,)), "帮助人电话 …0003 belongs to nobody whom we know or who is on this list."),
    "a shared phone helps": (line(helpers=("+9990100007",)), "帮助人电话 …0007 is a number that a household shares."),
}


@pytest.mark.parametrize(("wrong", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_told_by_line(furnished: Store, wrong: PersonLine, told: str) -> None:
    (words,) = refused(furnished, Placed(wrong, at(furnished)))
    assert words.startswith(f"Line 2: {told}")


def test_a_line_is_told_that_stands_there_twice(furnished: Store) -> None:
    home, other = at(furnished), at(furnished, "602")
    one = Placed(line(2), home)
    assert refused(furnished, one, Placed(line(3), home))[0] == "Line 3: “样例·子” of this home is there already on line 2."
    (told,) = refused(furnished, one, Placed(line(3, "样例·丑"), home))
    assert told == "Line 3: the number …0001 is there already on line 2. If they share it, write 是 under 合用电话 on both lines."
    assert refused(furnished, one, Placed(line(3, "样例·丑"), other)) == ["Line 3: the number …0001 is there already on line 2."]


def test_who_relies_on_a_faulty_line_is_faulty_too(furnished: Store) -> None:
    lines = (
        Placed(line(2, "样例·子", phones=(A,), helpers=(B,)), at(furnished)),
        Placed(line(3, "样例·丑", phones=(B,), helpers=(C,)), at(furnished, "602")),
        Placed(line(4, "样例·寅", phones=(LANDLINE,)), at(furnished, "602")),
    )
    plan = look(furnished, *lines)
    assert [fault.line for fault in plan.faults] == [2, 3]
    assert [step.line.line for step in plan.steps] == [4]


def test_a_unit_that_nobody_had_listed_is_made_once(furnished: Store) -> None:
    with furnished.begin() as tx:
        building = tx.insert(Building, estate_id=1, name="20号楼")
    units = count(furnished, Unit)
    homes = [HomeAt(building, None, "2单元", 5, room) for room in ("501", "502")]
    lines = [Placed(line(n, f"样例{n}", phones=()), home) for n, home in enumerate(homes, start=2)]
    assert load(furnished, *lines) == {"new_households": 2, "new_people": 2}
    assert count(furnished, Unit) == units + 1
