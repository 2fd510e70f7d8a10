"""Chinese and English names for the sample people and their companies.

In:  nothing.
Out: tuples of Name values, departments, titles, and words that make company names, per language.
"""

from __future__ import annotations

from nurture.samples.names_ja import Name, pairs


def _chinese(lines: str) -> tuple[Name, ...]:
    return tuple(Name(part.split("/")[0], "", part.split("/")[1]) for part in lines.split())


def _english(line: str) -> tuple[Name, ...]:
    ascii_only = str.maketrans("éüóáñë", "euoane", "'- ")
    return tuple(Name(name, "", name.lower().translate(ascii_only)) for name in line.split(","))


ZH_FAMILIES = _chinese("""
    王/wang 李/li 张/zhang 刘/liu 陈/chen 杨/yang 黄/huang 赵/zhao 吴/wu 周/zhou 徐/xu 孙/sun 马/ma
    朱/zhu 胡/hu 郭/guo 何/he 林/lin 高/gao 罗/luo 郑/zheng 梁/liang 谢/xie 宋/song 唐/tang 许/xu 韩/han
    冯/feng 邓/deng 曹/cao 欧阳/ouyang 诸葛/zhuge
""")
ZH_GIVEN = _chinese("""
    伟/wei 敏/min 静/jing 强/qiang 磊/lei 洋/yang 勇/yong 军/jun 杰/jie 娟/juan 涛/tao 超/chao 霞/xia
    丽华/lihua 建国/jianguo 志强/zhiqiang 晓明/xiaoming 海燕/haiyan 文博/wenbo 雨桐/yutong 子轩/zixuan
    佳怡/jiayi 浩然/haoran 思远/siyuan 雪梅/xuemei 国庆/guoqing 俊杰/junjie 慧敏/huimin 天宇/tianyu
    婷婷/tingting
""")
ZH_DEPARTMENTS = ("采购部", "设备部", "生产部", "技术部", "研发部", "质量部", "工程部", "供应链管理部")
ZH_TITLES = ("", "", "采购专员", "工程师", "高级工程师", "主管", "经理", "副经理", "部长")
ZH_DIRECTORS = (("", "总经理"), ("", "副总经理"), ("技术中心", "技术总监"), ("", "厂长"))
ZH_CITIES = ("苏州", "上海", "无锡", "深圳", "东莞", "宁波", "天津", "青岛", "杭州", "佛山")
ZH_WORDS = pairs("""
    云帆/yunfan 恒瑞达/hengruida 金桥湾/jinqiaowan 鼎力信/dinglixin 海诺/hainuo 启明星/qimingxing
    博源通/boyuantong 华锐德/huaruide 长风/changfeng 瑞驰/ruichi 正泽/zhengze 新远航/xinyuanhang
""")
ZH_TRADES = (
    ("精密机械", "precision", "machinery"),
    ("汽车零部件", "auto", "automotive"),
    ("电子科技", "electronics", "electronics"),
    ("包装设备", "pack", "packaging"),
    ("半导体设备", "semi", "semiconductor"),
    ("机器人", "robot", "robotics"),
)

EN_FAMILIES = _english(
    "Smith,Johnson,Patel,Williams,Brown,Tan,Lee,Garcia,Müller,Wilson,O'Brien,Singh,Anderson,Schmidt,Clarke,"
    "Nguyen,Hansen,Lim,Kowalski,Evans,van der Meer,Rossi,Murphy,Wood,Lindqvist,Novak,Harris-Jones,"
    "Fernández,Campbell,Wong"
)
EN_GIVEN = _english(
    "James,Emma,David,Sarah,Michael,Anna,Thomas,Priya,Daniel,Laura,Mark,Wei Ling,Peter,Sophie,Andrew,Maria,"
    "Robert,Katrin,Paul,Grace,Lars,Hannah,Rajesh,Claire,Oliver,Ingrid,Samuel,Zoë,Brian,Helen".replace(
        "ë", "e"
    )
)
EN_DEPARTMENTS = (
    "Purchasing",
    "Engineering",
    "Maintenance",
    "Production",
    "R&D",
    "Quality",
    "Supply Chain",
)
EN_TITLES = (
    "",
    "Buyer",
    "Senior Buyer",
    "Design Engineer",
    "Maintenance Engineer",
    "Engineering Manager",
    "Purchasing Manager",
    "Team Lead",
)
EN_DIRECTORS = (
    ("", "Managing Director"),
    ("Operations", "Director, Operations"),
    ("Production", "Plant Manager"),
    ("Engineering", "Head of Engineering"),
)
EN_WORDS = (
    "Northmoor",
    "Ashgrove",
    "Larkfield",
    "Brightwater",
    "Kestrel Bay",
    "Oakhollow",
    "Silverford",
    "Windermoor",
    "Tidemark",
    "Elmstead",
)
EN_TRADES = (
    ("Automation", "automation", "robotics"),
    ("Machine Tools", "machinetools", "machinery"),
    ("Motion Systems", "motion", "machinery"),
    ("Packaging Technologies", "packtech", "packaging"),
    ("Food Equipment", "food", "food"),
    ("Medical Devices", "med", "medical"),
    ("Semiconductor", "semi", "semiconductor"),
)
EN_FORMS = ("Ltd", "Inc.", "GmbH", "Pte. Ltd.", "B.V.", "Co., Ltd.")
# Where the English-speaking readers are: (locale, time zone, a phone number that is reserved for fiction).
EN_PLACES = (
    ("en-US", "America/Chicago", "+1 312 555 01{:02d}"),
    ("en-GB", "Europe/London", "+44 20 7946 09{:02d}"),
    ("en-SG", "Asia/Singapore", "+65 0000 00{:02d}"),
    ("en-DE", "Europe/Berlin", "+49 30 23125 0{:02d}"),
)
