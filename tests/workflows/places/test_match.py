"""Finding the place that was meant, with two invented estates that share building numbers."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.places.match import Building, Estate, Found, Home, Place, PlaceWords, Register, Unit, building_number, find, label, nearest
from workflows.places.reading import read

JINGUI, YINXING = 1, 2


def units(building: int, *names: str) -> tuple[Unit, ...]:
    return tuple(Unit(building * 10 + at, name) for at, name in enumerate(names, 1))


REGISTER = Register(
    estates=(Estate(JINGUI, "金桂园小区", ("金桂园", "Jingui Garden")), Estate(YINXING, "银杏苑")),
    buildings=(
        Building(103, JINGUI, "3号楼", units=units(103, "1单元", "2单元", "3单元"), latitude=38.5200, longitude=102.1900),
        Building(105, JINGUI, "5号楼", units=units(105, "1单元", "2单元"), latitude=38.5210, longitude=102.1900),
        Building(112, JINGUI, "12号楼", units=units(112, "东单元", "西单元")),
        Building(131, JINGUI, "31号楼", units=units(131, "1单元", "2单元", "3单元", "4单元", "5单元")),
        Building(199, JINGUI, "阳光楼", ("老干部楼",), units=units(199, "1单元")),
        Building(203, YINXING, "三栋", units=units(203, "1单元", "2单元"), latitude=38.5300, longitude=102.1900),
        Building(215, YINXING, "15#"),
        Building(2001, YINXING, "A座", latitude=0.0, longitude=0.0),
    ),
)
AT_3 = Home(JINGUI, 103, 1032, "501")
AT_YINXING = Home(YINXING, 203, 2031, "301")


def looked_up(text: str, home: Home | None = None) -> Found:
    return find(REGISTER, read(text), near=home)


ONE: list[tuple[str, Home | None, Place]] = [
    # a named estate narrows, in full, in part, in another script
    ("金桂园3号楼2单元501", None, Place(JINGUI, 103, 1032, "2", "5", "501")),
    ("桂园三号樓2單元501", None, Place(JINGUI, 103, 1032, "2", "5", "501")),
    ("金川区金桂园小区3号楼2单元", None, Place(JINGUI, 103, 1032, "2")),
    ("着火了快来人啊金桂园3号楼", AT_YINXING, Place(JINGUI, 103)),
    ("银杏苑3号楼", AT_3, Place(YINXING, 203)),
    ("银杏3号楼", AT_3, Place(YINXING, 203)),
    ("3号楼2单元501，银杏苑", AT_3, Place(YINXING, 203, 2032, "2", "5", "501")),
    ("Jingui Garden, building 3, room 501", None, Place(JINGUI, 103, floor="5", room="501")),
    ("building 5, jingui garden", None, Place(JINGUI, 105)),
    # a number that one building has
    ("5号楼1单元", None, Place(JINGUI, 105, 1051, "1")),
    ("15号楼", None, Place(YINXING, 215)),
    ("十五栋", None, Place(YINXING, 215)),
    ("A座1201", None, Place(YINXING, 2001, floor="12", room="1201")),
    # the home where the words leave it open
    ("3号楼2单元电梯困人了", AT_3, Place(JINGUI, 103, 1032, "2", landmark="电梯")),
    ("3号楼", AT_3, Place(JINGUI, 103)),
    ("3号楼", AT_YINXING, Place(YINXING, 203)),
    ("5号楼", AT_3, Place(JINGUI, 105)),
    ("2单元501", AT_3, Place(JINGUI, 103, 1032, "2", "5", "501")),
    ("1单元", AT_3, Place(JINGUI, 103, 1031, "1")),
    ("501", AT_3, Place(JINGUI, 103, 1032, "2", "5", "501")),
    ("3号楼501", AT_3, Place(JINGUI, 103, 1032, "2", "5", "501")),
    ("3号楼601", AT_3, Place(JINGUI, 103, floor="6", room="601")),
    ("五楼", AT_3, Place(JINGUI, 103, 1032, "2", "5")),
    ("电梯里", AT_3, Place(JINGUI, 103, 1032, "2", landmark="电梯里")),
    ("小区东门口", AT_3, Place(JINGUI, landmark="小区东门口")),
    ("金桂园2单元501", AT_3, Place(JINGUI, 103, 1032, "2", "5", "501")),
    ("金桂园东门口", None, Place(JINGUI, landmark="东门口")),
    ("金桂园", None, Place(JINGUI)),
    # sides, names, rooms
    ("十二号楼东单元", None, Place(JINGUI, 112, 1121, "东")),
    ("阳光楼501", None, Place(JINGUI, 199, 1991, "1", "5", "501")),
    ("老干部楼着火了", None, Place(JINGUI, 199, 1991, "1")),
    ("5号楼2单元501和601", None, Place(JINGUI, 105, 1052, "2", "5", "501", ("601",))),
    # a unit that is not there is left out; one that nobody listed is kept as said
    ("5号楼7单元701", None, Place(JINGUI, 105, floor="7", room="701", doubtful=True)),
    ("9单元", AT_3, Place(JINGUI, 103, doubtful=True)),
    ("15号楼2单元", None, Place(YINXING, 215, unit="2")),
    # 3-501 may be a building's room or a unit's
    ("5-501", None, Place(JINGUI, 105, floor="5", room="501")),
    ("2-501", AT_3, Place(JINGUI, 103, 1032, "2", "5", "501")),
]

SEVERAL: list[tuple[str, Home | None, tuple[Place, ...]]] = [
    ("3号楼", None, (Place(JINGUI, 103), Place(YINXING, 203))),
    ("3-2-501", None, (Place(JINGUI, 103, 1032, "2", "5", "501"), Place(YINXING, 203, 2032, "2", "5", "501"))),
    ("金挂园3号楼", None, (Place(JINGUI, 103),)),
    ("电梯困人金桂园3号楼", None, (Place(JINGUI, 103, landmark="电梯"),)),
    ("金桂园东苑3号楼", None, (Place(JINGUI, 103),)),
    ("丹桂园3号楼", AT_3, (Place(JINGUI, 103),)),
    ("15号楼", AT_3, (Place(YINXING, 215),)),
    ("3号楼2单元，海棠苑", AT_3, (Place(JINGUI, 103, 1032, "2"),)),
    ("海棠苑东门口", AT_3, (Place(JINGUI, landmark="东门口"),)),
    ("3号楼和5号楼停水", AT_3, (Place(JINGUI, 103), Place(JINGUI, 105))),
    ("5-501", Home(JINGUI, 131, 1311), (Place(JINGUI, 105, floor="5", room="501"), Place(JINGUI, 131, 1315, "5", "5", "501"))),
]

NONE: list[tuple[str, Home | None]] = [
    ("99号楼", AT_3),
    ("99号楼2单元501", AT_3),
    ("金桂园15号楼", AT_3),
    ("紫藤里3号楼", AT_3),
    ("海棠苑", AT_3),
    ("隔壁小区3号楼", AT_3),
    ("三四号楼2单元", AT_3),
    ("1单元501和2单元601", AT_3),
    ("幸福路12号2单元501", AT_3),
    ("五楼", None),
    ("2单元501", None),
    ("电梯里", None),
    ("漏水了", AT_3),
    ("", AT_3),
]


@pytest.mark.parametrize(("text", "home", "place"), ONE)
def test_one_place_is_found(text: str, home: Home | None, place: Place) -> None:
    assert looked_up(text, home) == Found(one=place)


@pytest.mark.parametrize(("text", "home", "places"), SEVERAL)
def test_what_is_not_certain_is_asked(text: str, home: Home | None, places: tuple[Place, ...]) -> None:
    """A slip in the name, another estate than the home's, two buildings: the person chooses, even from one."""
    assert looked_up(text, home) == Found(several=places)


@pytest.mark.parametrize(("text", "home"), NONE)
def test_what_is_not_in_the_register_is_never_guessed(text: str, home: Home | None) -> None:
    assert looked_up(text, home).none


def test_of_three_readings_as_many_are_offered_as_asked_for() -> None:
    estates = tuple(Estate(n, name) for n, name in enumerate(("东湖花园A区", "东湖花园B区", "东湖花园C区"), 1))
    register = Register(estates, tuple(Building(n, n, "3号楼") for n in (1, 2, 3)))
    found = find(register, read("东湖3号楼"))
    assert found == Found(several=(Place(1, 1), Place(2, 2)), more=True)
    assert find(register, read("东湖3号楼"), limit=3) == Found(several=(Place(1, 1), Place(2, 2), Place(3, 3)))
    assert find(register, read("东湖C区3号楼")) == Found(one=Place(3, 3))
    assert find(register, read("东湖3号楼"), near=Home(2, 2)) == Found(one=Place(2, 2))


def test_a_name_that_several_estates_share_means_the_one_at_home() -> None:
    estates = (Estate(1, "东湖花园A区"), Estate(2, "东湖花园B区"))
    register = Register(estates, tuple(Building(10 * e + n, e, f"{n}号楼") for e in (1, 2) for n in (3, 5)))
    assert find(register, read("东湖5号楼"), near=Home(2, 23)) == Found(one=Place(2, 25))
    assert find(register, read("5号楼"), near=Home(2, 23)) == Found(one=Place(2, 25))


def test_a_number_in_a_name_is_taken_whole() -> None:
    register = Register((Estate(1, "昌和里14区"), Estate(2, "昌安里4区")), (Building(1, 1, "3号楼"), Building(2, 2, "3号楼")))
    assert find(register, read("4区3号楼")).one == Place(2, 2)
    assert find(register, read("14区3号楼")).one == Place(1, 1)
    assert find(register, read("24区3号楼")).none


def test_the_longer_name_is_meant_before_the_one_it_contains() -> None:
    register = Register((Estate(1, "丽江苑"), Estate(2, "丽江苑东区")), (Building(1, 1, "3号楼"), Building(2, 2, "3号楼")))
    assert find(register, read("丽江苑东区3号楼")).one == Place(2, 2)
    assert find(register, read("丽江苑3号楼")).one == Place(1, 1)


def test_a_home_that_is_not_in_the_register_is_no_home() -> None:
    assert looked_up("2单元501", Home(9, 999)).none
    assert looked_up("5号楼", Home(9, 999)).one == Place(JINGUI, 105)


@pytest.mark.parametrize(
    ("name", "number"),
    [("3号楼", "3"), ("三栋", "3"), ("3#", "3"), ("3", "3"), ("3号", "3"), ("3楼", "3"), ("B3栋", "B3"), ("A座", "A"), ("阳光楼", None)],
)
def test_a_building_is_known_by_its_number_however_the_estate_writes_it(name: str, number: str | None) -> None:
    assert building_number(name) == number


@pytest.mark.parametrize(
    ("pin", "within_m", "buildings"),
    [
        ((38.5201, 102.1900), 50, [103]),
        ((38.5201, 102.1900), 150, [103, 105]),
        ((38.5209, 102.1900), 150, [105, 103]),
        ((38.5201, 102.1900), 5000, [103, 105, 203]),
        ((10.0, 10.0), 5000, []),
        ((0.0, 0.0), 5000, []),
        ((91.0, 102.0), 5000, []),
        ((38.5, 181.0), 5000, []),
        ((float("nan"), 102.0), 5000, []),
        ((float("inf"), 102.0), 5000, []),
    ],
)
def test_a_pin_finds_the_buildings_around_it_nearest_first(pin: tuple[float, float], within_m: float, buildings: list[int]) -> None:
    """Buildings without true coordinates are never near."""
    assert [place.building_id for place in nearest(REGISTER, *pin, within_m=within_m)] == buildings


def test_a_degree_of_latitude_is_about_111_kilometres() -> None:
    assert nearest(REGISTER, 39.53, 102.19, within_m=111_250) == (Place(YINXING, 203),)
    assert nearest(REGISTER, 39.53, 102.19, within_m=111_100) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("金桂园3号楼2单元501", PlaceWords("金桂园小区", "3", "3号楼", True, "2", "5", "501")),
        ("银杏苑3号楼1单元", PlaceWords("银杏苑", "3", "三栋", True, "1")),
        ("阳光楼", PlaceWords("金桂园小区", "阳光楼", "阳光楼", False, "1")),
        ("金桂园东门口", PlaceWords("金桂园小区", landmark="东门口")),
    ],
)
def test_a_place_is_told_part_by_part(text: str, words: PlaceWords) -> None:
    place = looked_up(text).one
    assert place is not None
    assert label(place, REGISTER) == words


def test_a_place_that_left_the_register_is_told_by_what_is_left() -> None:
    assert label(Place(9, 999, room="501"), REGISTER) == PlaceWords(room="501")


def test_every_value_is_plain_json() -> None:
    for text, home, _ in ONE:
        found = looked_up(text, home)
        assert msgspec.json.decode(msgspec.json.encode(found), type=Found) == found
    again = msgspec.json.decode(msgspec.json.encode(REGISTER), type=Register)
    assert (again.estates, again.buildings) == (REGISTER.estates, REGISTER.buildings)


WORDS = ["金桂园", "银杏苑", "3号楼", "三栋", "15#", "99号楼", "A座", "2单元", "9单元", "501", "五楼", "电梯里", "东门口", "和", "，"]


@given(st.lists(st.sampled_from(WORDS), max_size=6).map("".join), st.sampled_from([None, AT_3, AT_YINXING, Home(9, 9)]))
def test_the_building_found_is_one_that_was_named_or_the_home(text: str, home: Home | None) -> None:
    reading = read(text)
    found = find(REGISTER, reading, near=home)
    buildings = {building.id: building for building in REGISTER.buildings}
    for place in (found.one, *found.several):
        if place is not None and place.building_id is not None:
            named = building_number(buildings[place.building_id].name) in (reading.building, *reading.other_buildings)
            assert named or (home is not None and place.building_id == home.building_id)
    assert found.one is None or not found.several


@given(st.text())
def test_no_text_is_too_strange_to_look_up(text: str) -> None:
    for home in (None, AT_3):
        assert len(looked_up(text, home).several) <= 2
