"""Invented names of deposits and licence holders, in Chinese and English."""

from __future__ import annotations

from district.frame import stream

FIRST = {
    "青岩": "Qingyan", "石门": "Shimen", "白龙": "Bailong", "黑水": "Heishui", "红土": "Hongtu",
    "大坪": "Daping", "马鞍": "Ma'an", "老鹰": "Laoying", "双河": "Shuanghe", "金竹": "Jinzhu",
    "铜坪": "Tongping", "羊角": "Yangjiao", "松林": "Songlin", "磨盘": "Mopan", "牛场": "Niuchang",
    "黄草": "Huangcao", "杉树": "Shanshu", "柏香": "Baixiang", "小沟": "Xiaogou", "核桃": "Hetao",
}  # fmt: skip
LAST = {"湾": "wan", "梁子": "liangzi", "岩": "yan", "坡": "po", "塘": "tang", "垭口": "yakou"}
ORE = {"skarn": ("铜铁矿", "Cu-Fe"), "porphyry": ("铜钼矿", "Cu-Mo"), "vein": ("铜金矿", "Cu-Au")}
HOLDERS = (
    ("青岩河矿业有限责任公司", "Qingyanhe Mining Co. Ltd."),
    ("川西南地质勘查院", "Southwest Sichuan Exploration Institute"),
    ("双河铜业有限公司", "Shuanghe Copper Co. Ltd."),
    ("石门资源开发公司", "Shimen Resources"),
    ("金竹勘探有限公司", "Jinzhu Exploration Ltd."),
    ("空白区", "vacant"),
)


def deposit_names(kinds: list[str]) -> tuple[list[str], list[str]]:
    """Chinese and English names, none twice, for deposits of these types."""
    pairs = [(first, last) for first in FIRST for last in LAST if first[-1] != last[0]]
    order = stream("names").permutation(len(pairs))[: len(kinds)]
    chosen = [pairs[i] for i in order]
    names = [first + last + ORE[kind][0] for (first, last), kind in zip(chosen, kinds, strict=True)]
    names_en = [
        f"{FIRST[first]}{LAST[last]} {ORE[kind][1]}"
        for (first, last), kind in zip(chosen, kinds, strict=True)
    ]
    return names, names_en
