"""Triage: what residents write gets its class, its category and its reasons, and no text breaks it."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.triage.categories import CATEGORIES
from bot.triage.triage import Label, Triage, is_danger, triage

# Short phrases as people send them, each with its class and category; `ask` is urgent with one question. All of them are invented.
PHRASES = [
    # the key beneath the messenger's chat
    ("urgent", "other", "🆘 一键求助"),
    ("urgent", "other", "🆘 SOS"),
    # fire
    ("urgent", "fire", "着火了"),
    ("urgent", "fire", "三号楼 着 火 了 快来"),
    ("urgent", "fire", "著火了！快啲嚟"),
    ("urgent", "fire", "樓上冒煙好大"),
    ("urgent", "fire", "屋企火燭呀"),
    ("urgent", "fire", "厨房油锅着了扑不灭"),
    ("urgent", "fire", "５栋楼道里全是烟"),
    ("urgent", "fire", "There is smoke coming from the flat below"),
    ("urgent", "fire", "our kitchen is ON FIRE"),
    ("urgent", "fire", "上个月着过火，现在又着火了"),
    ("urgent", "fire", "楼下培训中心着火了"),
    ("ask", "fire", "是不是着火了啊，外面好多人喊"),
    ("ask", "fire", "楼道烟雾报警器一直响"),
    ("ask", "fire", "屋里有股烧焦的味道"),
    ("ask", "fire", "昨晚二楼着火了"),
    ("general", "fire", "上个月着火那家的墙还黑着"),
    ("general", "fire", "要是着火怎么办，楼道这么窄"),
    ("general", "fire", "楼道堆满纸箱，容易着火"),
    ("general", "fire", "没有着火，就是问问灭火器在哪"),
    ("general", "fire", "明天消防演练几点，会放烟冒烟吗"),
    ("general", "fire", "what if there is a fire, where do we go"),
    ("general", "fire", "When is the next fire drill?"),
    ("general", "fire", "there is no fire here, don't worry"),
    ("general", "fire", "fireworks every night until two"),
    ("general", "other", "楼下火锅店几点关门"),
    ("general", "other", "急死我了，快递还没到"),
    ("general", "other", "这事让我很火大"),
    # gas
    ("urgent", "gas", "好像不对 一股煤气味"),
    ("urgent", "gas", "煤气味好大头晕"),
    ("urgent", "gas", "煤汽漏了怎么办"),
    ("urgent", "gas", "廚房漏煤氣"),
    ("urgent", "gas", "家里有臭鸡蛋味"),
    ("urgent", "gas", "燃气管子在漏，嘶嘶响"),
    ("urgent", "gas", "strong smell of gas on the stairs"),
    ("urgent", "gas", "I can smell gas"),
    ("ask", "gas", "是不是漏气了闻着不对"),
    ("ask", "gas", "might be a gas leak, not sure"),
    ("ask", "gas", "不会漏气吧"),
    ("general", "gas", "没有漏气，师傅看过了"),
    ("general", "gas", "沒有漏氣"),
    ("general", "gas", "冇漏氣"),
    ("general", "gas", "燃气报装要什么材料"),
    ("general", "gas", "no gas leak, they checked it"),
    ("general", "other", "自行车轮胎漏气了哪里能打气"),
    # lift
    ("urgent", "lift", "电梯困人了快来"),
    ("urgent", "lift", "困𨋢呀，六樓"),
    ("urgent", "lift", "電梯坏了，我被關在裡面出不來"),
    ("urgent", "lift", "我妈困在电梯里"),
    ("urgent", "lift", "电梯突然下坠"),
    ("urgent", "lift", "stuck in the lift with my baby"),
    ("urgent", "lift", "电梯把人关里面了"),
    ("ask", "lift", "电梯卡在四楼半了"),
    ("ask", "lift", "电梯困人了吗"),
    ("general", "lift", "电梯里没有人被困，就是按钮不亮"),
    ("general", "lift", "电梯又停运了，爬楼太累"),
    ("general", "lift", "去年电梯困过人，检修了吗"),
    ("general", "lift", "the elevator button is broken"),
    # structure and falling things
    ("urgent", "structure", "三单元阳台塌了"),
    ("urgent", "structure", "外墙瓷砖掉下来砸到车"),
    ("urgent", "structure", "房頂要塌"),
    ("urgent", "structure", "墙上裂缝越来越大咔咔响"),
    ("urgent", "structure", "the ceiling is coming down in the bedroom"),
    ("general", "structure", "外墙有裂缝，看着不放心"),
    ("general", "structure", "墙皮脱落，要重新粉刷"),
    ("ask", "structure", "担心围墙倒塌，麻烦来看看"),
    # water
    ("urgent", "water", "家里进水了，已经没过脚"),
    ("urgent", "water", "污水从马桶里冒出来流进客厅"),
    ("urgent", "water", "水管爆了水往楼下流"),
    ("urgent", "water", "屋企水浸"),
    ("urgent", "water", "water is pouring through the ceiling"),
    ("urgent", "water", "整栋楼停水两天了"),
    ("general", "water", "厨房水龙头滴水"),
    ("general", "water", "卫生间下水堵了"),
    ("general", "water", "家里停水，水费忘交了"),
    ("general", "water", "my sink is blocked"),
    # power
    ("urgent", "power", "电线掉在路上还冒火花"),
    ("urgent", "power", "孩子触电了"),
    ("urgent", "power", "配电箱打火"),
    ("urgent", "power", "live wire hanging over the path"),
    ("urgent", "power", "全小区停电一整天了"),
    ("general", "power", "三楼楼道灯坏了"),
    ("general", "power", "樓梯燈唔著"),
    ("general", "power", "我家跳闸了推不上去"),
    ("general", "power", "the hallway lamp does not work"),
    # heating
    ("urgent", "heating", "整栋楼没暖气三天了老人受不了"),
    ("general", "heating", "我家暖气不热"),
    ("general", "heating", "the radiator is cold"),
    # medical
    ("urgent", "medical", "老头晕倒了叫不醒"),
    ("urgent", "medical", "我爸胸口疼得厉害"),
    ("urgent", "medical", "奶奶摔倒起不来了"),
    ("urgent", "medical", "阿婆跌咗起唔到身"),
    ("urgent", "medical", "喘不上气"),
    ("urgent", "medical", "他没有呼吸了"),
    ("urgent", "medical", "有人流血不止"),
    ("urgent", "medical", "my mother fell and can't get up"),
    ("urgent", "medical", "he is not breathing"),
    ("urgent", "medical", "she won’t wake up"),
    ("urgent", "medical", "我奶奶躺在地上不动"),
    ("urgent", "medical", "孩子掉到水池里了"),
    ("urgent", "medical", "my dad isn't moving"),
    ("ask", "medical", "我在楼下滑倒了"),
    ("general", "medical", "没有人晕倒，是在拍戏"),
    ("general", "property", "路面结冰容易摔倒"),
    ("general", "medical", "附近医院几点上班"),
    # violence and despair
    ("urgent", "violence", "隔壁打人，拿着刀"),
    ("urgent", "violence", "有人撬門"),
    ("urgent", "violence", "隔壁男的在打他老婆"),
    ("urgent", "violence", "我不想活了"),
    ("urgent", "violence", "someone is breaking in"),
    ("urgent", "violence", "he has a knife"),
    ("urgent", "violence", "i want to die"),
    ("general", "violence", "楼下夫妻天天吵架"),
    ("general", "other", "超市跳楼价是真的吗"),
    ("general", "other", "打我电话没人接"),
    ("general", "other", "打他的电话关机"),
    # missing people, silent neighbours
    ("urgent", "missing_person", "孩子不见了"),
    ("urgent", "missing_person", "我爸走丢了，八十二岁"),
    ("urgent", "missing_person", "对门老太太三天没见出门了"),
    ("urgent", "missing_person", "隔籬阿婆幾日冇見出門"),
    ("urgent", "missing_person", "楼下独居老人敲门没人应"),
    ("urgent", "missing_person", "楼上老张好几天没动静了"),
    ("urgent", "missing_person", "can't find my son"),
    ("urgent", "missing_person", "I haven't seen my neighbour for days"),
    ("general", "other", "我家的猫不见了"),
    # electric bikes
    ("urgent", "electric_bike", "电动车充电起火了"),
    ("urgent", "electric_bike", "楼道里电瓶车冒烟"),
    ("urgent", "electric_bike", "an e-bike battery is smoking in the hall"),
    ("general", "stairwell_charging", "有人飞线给电动车充电"),
    ("general", "stairwell_charging", "电动车在楼道充电，怕着火"),
    ("general", "electric_bike", "这样充电会着火吗"),
    # what goes out the same day
    ("general", "fire_lane", "消防车道停满了私家车"),
    ("general", "loose_facade", "二楼外墙砖空鼓了一大片"),
    # open shafts, caught people, cries
    ("urgent", "property", "门口井盖没了"),
    ("urgent", "property", "open manhole near the school gate"),
    ("general", "property", "井盖松了，车过就响"),
    ("urgent", "other", "小孩爬到窗台上了"),
    ("urgent", "other", "救命"),
    ("urgent", "other", "救命啊救命啊"),
    ("urgent", "other", "有没有人救救我"),
    ("urgent", "other", "help me"),
    ("urgent", "other", "我被困住了"),
    # everyday repairs and complaints
    ("general", "property", "单元门锁坏了"),
    ("general", "property", "物业电话打不通"),
    ("general", "property", "the gate does not close"),
    ("general", "parking", "有车乱停挡住出口"),
    ("general", "parking", "消防通道停车费怎么收"),
    ("general", "parking", "somebody parked in my space"),
    ("general", "environment", "垃圾三天没清了"),
    ("general", "environment", "楼上装修太吵"),
    ("general", "environment", "樓下狗叫成晚"),
    ("general", "environment", "too much noise at night"),
    ("general", "power", "建议尽快修好路灯"),
    ("general", "lift", "能不能快点来修电梯"),
    ("general", "power", "could you fix the lamp on the stairs"),
    # wishes
    ("suggestion", "suggestion", "建议多办些活动"),
    ("suggestion", "property", "希望增加几个长椅"),
    ("suggestion", "parking", "能不能装个充电桩"),
    ("suggestion", "lift", "建議加裝電梯"),
    ("suggestion", "power", "可唔可以裝多盞路燈"),
    ("suggestion", "power", "could you add a lamp by the gate steps"),
    ("suggestion", "fire", "建议每层放灭火器，防止着火"),
    ("suggestion", "property", "a bench in the yard would be nice"),
    # nothing known
    ("general", "other", "你好"),
    ("general", "other", "谢谢"),
    ("general", "other", "thanks a lot"),
]


@pytest.mark.parametrize(("label", "category", "phrase"), PHRASES, ids=[phrase for _, _, phrase in PHRASES])
def test_a_phrase_has_its_class_and_category(label: str, category: str, phrase: str) -> None:
    found = triage(phrase)
    assert ("ask" if found.ask else found.label, found.category) == (label, category), found


def test_every_category_of_the_lexicon_is_met_by_a_phrase() -> None:
    assert {category for _, category, _ in PHRASES} == set(CATEGORIES)


# One word of denial, tense, doubt or supposition between the two.
PAIRS = [
    ("漏气了", "没有漏气了"),
    ("有人晕倒了", "没有人晕倒"),
    ("着火了", "要是着火了"),
    ("楼上着火了", "去年楼上着火了"),
    ("电梯困人了", "万一电梯困人了"),
    ("有人被困", "没有人被困"),
    ("外墙倒塌", "防止外墙倒塌"),
    ("there is a gas leak", "there is no gas leak"),
    ("somebody is trapped in the lift", "nobody is trapped in the lift"),
    ("the roof collapsed", "the roof collapsed last year"),
]


@pytest.mark.parametrize(("danger", "none"), PAIRS)
def test_one_word_tells_danger_from_none(danger: str, none: str) -> None:
    assert triage(danger).label is Label.URGENT
    assert is_danger(danger)
    assert triage(none).label is Label.GENERAL
    assert not is_danger(none)


@pytest.mark.parametrize(
    "phrase",
    [
        "没有漏气。但是楼上着火了",
        "没有漏气，有人晕倒了",
        "如果你们不管我就投诉，现在着火了",
        "上周就闻到煤气味，现在更重了",
        "不是停电，是着火了",
        "no gas leak but the kitchen is on fire",
        "着火了，已经扑灭了",
        "没有人救我",
        "隔壁家没人着火了",
        "房子淹没倒塌了",
        "小区门口爆炸事故",
    ],
)
def test_a_denial_does_not_reach_another_danger(phrase: str) -> None:
    assert triage(phrase).label is Label.URGENT


def test_a_reason_gives_the_words_as_they_were_written_with_their_place() -> None:
    text = "Ｈi，樓上 著 火 了🔥"
    (reason,) = triage(text).reasons
    assert (reason.word, reason.start, reason.end) == ("著 火", 6, 9)
    assert text[reason.start : reason.end] == reason.word


def test_danger_that_is_denied_is_still_shown_with_why_it_does_not_count() -> None:
    (reason,) = triage("没有漏气").reasons
    assert (reason.word, reason.why) == ("漏气", "gas escapes (it is denied)")


@pytest.mark.parametrize(
    ("phrase", "advice"),
    [
        ("着火了", "fire"),
        ("电动车起火了", "fire"),
        ("我不想活了", "self_harm"),
        ("井盖没了", "open_manhole"),
        ("瓷砖掉下来了", "falling_object"),
        ("我被困住了", "rescue"),
        ("整栋楼停水两天了", None),
        ("灯坏了", None),
    ],
)
def test_danger_names_its_safety_advice_and_nothing_else_does(phrase: str, advice: str | None) -> None:
    assert triage(phrase).advice == advice
    assert is_danger(phrase) is (advice is not None)


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂🙂", "\x00\x01\ufffd\ud800", "....", "123"])
def test_a_text_without_words_is_general_with_the_lowest_confidence(text: str) -> None:
    assert triage(text) == Triage(Label.GENERAL, 0.1, "other", ())


def test_danger_is_found_at_the_end_of_ten_thousand_characters() -> None:
    assert triage("楼" * 9_996 + "着火了").label is Label.URGENT
    assert is_danger("没有着火。" * 2_000) is False


def test_a_language_that_the_lexicon_does_not_have_lowers_the_confidence_but_never_hides_danger() -> None:
    assert triage("the lamp is broken", "ug").confidence < triage("the lamp is broken", "en-GB").confidence
    assert triage("on fire", "ug") == triage("on fire")


TEXTS = st.text() | st.lists(st.sampled_from([phrase for _, _, phrase in PHRASES] + [" ", "没有", "，", "。", "\n", "ﬁ", "㎡", "İ"])).map(
    "".join
)


@given(TEXTS, st.none() | st.text(max_size=5))
def test_no_text_raises_and_its_reasons_lie_inside_it(text: str, language: str | None) -> None:
    found = triage(text, language)
    for reason in found.reasons:
        assert 0 <= reason.start < reason.end <= len(text)
        assert text[reason.start : reason.end] == reason.word
    assert found.category in CATEGORIES
    assert 0 < found.confidence < 1
    assert is_danger(text) is (found.advice is not None)


@given(st.sampled_from([phrase for label, _, phrase in PHRASES if label == "urgent"]), st.randoms(use_true_random=False))
def test_width_case_and_blanks_around_do_not_change_the_class(phrase: str, chance: random.Random) -> None:
    wide = {ord(char): ord(char) + 0xFEE0 for char in string.ascii_letters + string.digits}
    changed = chance.choice([phrase.upper(), phrase.translate(wide), f"  {phrase}\n", phrase.replace(" ", "\u3000")])
    assert triage(changed).label is Label.URGENT
