"""Japanese names for the sample people: each with its kanji, kana and romaji, the most common first.

In:  nothing.
Out: `FAMILIES` and `GIVEN` (Name values), departments, titles and words that make company names.
"""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """A name in the script of its owner, its reading in katakana ("" where there is none), and in ASCII."""

    written: str
    kana: str
    latin: str


def _names(lines: str) -> tuple[Name, ...]:
    return tuple(Name(*part.split("/")) for part in lines.split())


def pairs(lines: str) -> tuple[tuple[str, str], ...]:
    """Words with their spelling in ASCII, from text such as "青葉山/aobayama 白波/shiranami"."""
    return tuple((written, latin) for written, _, latin in (part.partition("/") for part in lines.split()))


# 髙, 﨑 and the four-byte 𠮷 are spellings that real address books hold and careless systems break.
FAMILIES = _names("""
    佐藤/サトウ/sato 鈴木/スズキ/suzuki 高橋/タカハシ/takahashi 田中/タナカ/tanaka 伊藤/イトウ/ito
    渡辺/ワタナベ/watanabe 山本/ヤマモト/yamamoto 中村/ナカムラ/nakamura 小林/コバヤシ/kobayashi
    加藤/カトウ/kato 吉田/ヨシダ/yoshida 山田/ヤマダ/yamada 佐々木/ササキ/sasaki 山口/ヤマグチ/yamaguchi
    松本/マツモト/matsumoto 井上/イノウエ/inoue 木村/キムラ/kimura 林/ハヤシ/hayashi 斎藤/サイトウ/saito
    清水/シミズ/shimizu 山崎/ヤマザキ/yamazaki 森/モリ/mori 池田/イケダ/ikeda 橋本/ハシモト/hashimoto
    阿部/アベ/abe 石川/イシカワ/ishikawa 山下/ヤマシタ/yamashita 中島/ナカジマ/nakajima
    石井/イシイ/ishii 小川/オガワ/ogawa 前田/マエダ/maeda 岡田/オカダ/okada 長谷川/ハセガワ/hasegawa
    藤田/フジタ/fujita 後藤/ゴトウ/goto 近藤/コンドウ/kondo 村上/ムラカミ/murakami 遠藤/エンドウ/endo
    青木/アオキ/aoki 坂本/サカモト/sakamoto 福田/フクダ/fukuda 太田/オオタ/ota 西村/ニシムラ/nishimura
    藤井/フジイ/fujii 金子/カネコ/kaneko 岡本/オカモト/okamoto 藤原/フジワラ/fujiwara 三浦/ミウラ/miura
    中野/ナカノ/nakano 原田/ハラダ/harada 松田/マツダ/matsuda 竹内/タケウチ/takeuchi 小野/オノ/ono
    中川/ナカガワ/nakagawa 田村/タムラ/tamura 和田/ワダ/wada 石田/イシダ/ishida 森田/モリタ/morita
    上田/ウエダ/ueda 原/ハラ/hara 内田/ウチダ/uchida 柴田/シバタ/shibata 酒井/サカイ/sakai
    宮崎/ミヤザキ/miyazaki 横山/ヨコヤマ/yokoyama 高木/タカギ/takagi 安藤/アンドウ/ando
    宮本/ミヤモト/miyamoto 大野/オオノ/ohno 小島/コジマ/kojima 谷口/タニグチ/taniguchi 今井/イマイ/imai
    工藤/クドウ/kudo 増田/マスダ/masuda 丸山/マルヤマ/maruyama 杉山/スギヤマ/sugiyama 髙田/タカダ/takada
    大塚/オオツカ/otsuka 新井/アライ/arai 小山/コヤマ/koyama 平野/ヒラノ/hirano 藤本/フジモト/fujimoto
    河野/コウノ/kono 上野/ウエノ/ueno 武田/タケダ/takeda 野口/ノグチ/noguchi 松井/マツイ/matsui
    千葉/チバ/chiba 菅原/スガワラ/sugawara 岩崎/イワサキ/iwasaki 久保/クボ/kubo 木下/キノシタ/kinoshita
    佐野/サノ/sano 野村/ノムラ/nomura 松尾/マツオ/matsuo 市川/イチカワ/ichikawa 菊地/キクチ/kikuchi
    髙橋/タカハシ/takahashi 山﨑/ヤマサキ/yamasaki 𠮷川/ヨシカワ/yoshikawa
""")

GIVEN = _names("""
    健一/ケンイチ/kenichi 誠/マコト/makoto 浩/ヒロシ/hiroshi 隆/タカシ/takashi 直樹/ナオキ/naoki
    大輔/ダイスケ/daisuke 裕子/ユウコ/yuko 健太/ケンタ/kenta 明美/アケミ/akemi 達也/タツヤ/tatsuya
    翔太/ショウタ/shota 陽子/ヨウコ/yoko 和也/カズヤ/kazuya 拓也/タクヤ/takuya 智子/トモコ/tomoko
    修/オサム/osamu 真由美/マユミ/mayumi 哲也/テツヤ/tetsuya 久美子/クミコ/kumiko 剛/ツヨシ/tsuyoshi
    恵/メグミ/megumi 英樹/ヒデキ/hideki 由美/ユミ/yumi 洋平/ヨウヘイ/yohei 美咲/ミサキ/misaki
    聡/サトシ/satoshi 幸子/サチコ/sachiko 雅人/マサト/masato 亮/リョウ/ryo 愛/アイ/ai
    博之/ヒロユキ/hiroyuki 香織/カオリ/kaori 学/マナブ/manabu 彩/アヤ/aya 正樹/マサキ/masaki
    麻衣/マイ/mai 俊介/シュンスケ/shunsuke 千尋/チヒロ/chihiro 康弘/ヤスヒロ/yasuhiro 奈々/ナナ/nana
    雄一/ユウイチ/yuichi 葵/アオイ/aoi 慎吾/シンゴ/shingo 桃子/モモコ/momoko 悠斗/ユウト/yuto
    優子/ユウコ/yuko 匠/タクミ/takumi 典子/ノリコ/noriko 徹/トオル/toru 春香/ハルカ/haruka
    敏夫/トシオ/toshio 理恵/リエ/rie 勇気/ユウキ/yuki 玲子/レイコ/reiko 宏樹/ヒロキ/hiroki
    さくら/サクラ/sakura 蓮/レン/ren 七海/ナナミ/nanami 秀明/ヒデアキ/hideaki 文子/フミコ/fumiko
""")

DEPARTMENTS = (
    "購買部",
    "生産技術部",
    "設計部",
    "製造部",
    "品質保証部",
    "設備保全課",
    "資材調達部",
    "研究開発部",
    "技術部",
    "営業部",
    "総務部",
    "経営企画室",
)
TITLES = ("", "", "", "主任", "係長", "課長", "課長", "課長代理", "部長", "次長", "チームリーダー", "技師")
DIRECTORS = (
    ("", "代表取締役社長"),
    ("", "取締役"),
    ("製造本部", "取締役製造本部長"),
    ("本社工場", "工場長"),
)

# Words of company names: (written, ASCII), and what kind of work follows them.
COMPANY_WORDS = pairs("""
    青葉山/aobayama 白波/shiranami 雲井/kumoi 三ツ輪/mitsuwa 若竹/wakatake 朝霧/asagiri
    千曲原/chikumahara 月見野/tsukimino 鶴ヶ瀬/tsurugase 霧島台/kirishimadai 緑川/midorikawa
    日の出/hinode 楓/kaede 葦原/ashihara 星山/hoshiyama 双葉野/futabano 錦織/nishikiori 汐見/shiomi
    風越/kazakoshi 常盤木/tokiwagi 松風/matsukaze 銀嶺/ginrei 黒潮/kuroshio 早苗/sanae 清流/seiryu
    天城野/amagino 玉川原/tamagawara 花巻野/hanamakino 望月/mochizuki 瑞穂野/mizuhono 暁/akatsuki
    竜ヶ台/ryugadai 南風/minamikaze 北斗野/hokutono 若狭野/wakasano 桜ヶ池/sakuragaike
""")
COMPANY_TRADES = (
    ("精機", "seiki", "machinery"),
    ("工業", "kogyo", "machinery"),
    ("自動車部品", "autoparts", "automotive"),
    ("プレス工業", "press", "automotive"),
    ("半導体装置", "semi", "semiconductor"),
    ("電子", "denshi", "electronics"),
    ("食品機械", "foodmach", "food"),
    ("包装システム", "packaging", "packaging"),
    ("物流機器", "logistics", "logistics"),
    ("メディカル", "medical", "medical"),
    ("ロボティクス", "robotics", "robotics"),
    ("印刷機械", "printing", "printing"),
)
