"""Conversations of two to four questions over `seeds/` and the made-up articles beside this file.

Rules were written against one half; the other, `HELD`, was written before them and only measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ARTICLES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what is expected of it.

    Attributes:
        said: what one of the first three citations says; empty where any answer will do.
        has: words of the question that stands alone.
        lacks: words that it no longer has.
        alone: whether it must stay as it was asked.
        nowhere: whether no article answers it.
    """

    question: str
    said: str = ""
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    alone: bool = False
    nowhere: bool = False


Dialogue = Sequence[Asked]


def opens(question: str, said: str = "") -> Asked:
    """Return a question that says all it means: the first, or one on another topic."""
    return Asked(question, said, alone=True)


def follows(question: str, said: str, has: str, lacks: str = "") -> Asked:
    """Return a follow-up; the words it then has and lacks are parted by bars."""
    return Asked(question, said, tuple(has.split("|")), tuple(filter(None, lacks.split("|"))))


def off_topic(question: str) -> Asked:
    """Return a question on what no article speaks of."""
    return Asked(question, alone=True, nowhere=True)


TUNING: tuple[Dialogue, ...] = (
    (
        opens("上海2025年的目标是什么", "国际领先的数字化标杆城市"),
        follows("那2035年呢？", "国际数字之都", "上海|2035年|目标", "2025"),
        opens("上海的六大工程有哪些", "数字价值提升"),
    ),
    (
        opens("澜浦2025年的森林覆盖率目标是多少", "42%"),
        follows("那景川呢？", "39%", "景川|2025年|森林覆盖率", "澜浦"),
        follows("2035年呢？", "45%", "景川|2035年|森林覆盖率", "澜浦|2025"),
    ),
    (
        opens("望岳大桥何时通车", "2026年10月"),
        follows("它的总投资是多少", "27.5亿元", "望岳大桥|总投资", "它"),
        follows("为什么推迟？", "溶洞", "望岳大桥|为什么|推迟"),
    ),
    (
        opens("云帆制冷第二季度的净利润是多少", "1.54亿元"),
        follows("那员工人数呢？", "3,265", "云帆制冷|第二季度|员工人数", "净利润"),
        follows("一季度呢？", "3,140", "云帆制冷|一季度|员工人数", "第二季度"),
    ),
    (
        opens("启澜汽车2024年卖了多少辆车", "21.6万辆"),
        follows("2023年呢", "15.8万辆", "启澜汽车|2023年", "2024"),
        follows("董事长是谁", "邵庭芳", "启澜汽车|董事长"),
    ),
    (
        opens("青嶼海事博物館什麼時候重新開放", "三月十六日"),
        follows("票價呢？", "一百二十元", "青嶼海事博物館|票價"),
        follows("該館的館長是誰", "林若溪", "青嶼海事博物館|館長", "該館"),
    ),
    (
        opens("雲麓藝術節的單日票多少錢", "480元"),
        follows("那通行證呢？", "2,800元", "雲麓藝術節|通行證"),
        follows("為什麼延期？", "颱風", "雲麓藝術節|為什麼|延期"),
    ),
    (
        opens("上海的规划是哪位副市长介绍的", "吴清"),
        follows("他提出了几项具体指标？", "16项", "吴清|指标", "他"),
    ),
    (
        opens("望岳大桥全长多少", "3.68公里"),
        opens("启澜汽车的董事长是谁", "邵庭芳"),
        follows("它2024年出口了多少辆？", "3.9万辆", "启澜汽车|2024年|出口", "望岳|它"),
    ),
    (
        opens("澜浦的规划总投资是多少", "86亿元"),
        opens("那不勒斯在哪里"),
        off_topic("今天天气怎么样"),
    ),
    (
        opens("上海将重点实施哪些工程", "数字价值提升"),
        follows("还有呢？", "", "上海|工程|还有"),
    ),
    (
        opens("望岳大桥建设的最大难点是什么", "水下基础"),
        follows("这是谁说的？", "贺立群", "望岳大桥|谁说"),
    ),
    (
        opens("what targets did Shanghai set for 2025", "数字化标杆城市"),
        follows("那2035年呢？", "国际数字之都", "Shanghai|2035|targets", "2025"),
        follows("谁介绍的？", "吴清", "Shanghai|谁介绍"),
    ),
    (
        opens("松洲圖書館新館的藏書有多少", "62萬冊"),
        opens("雲麓藝術節在哪裡舉行", "舊糖廠"),
        opens("松洲圖書館新館是哪位建築師設計的", "陳牧雲"),
        follows("它什麼時候啟用？", "5月1日", "松洲圖書館|啟用", "雲麓|它"),
    ),
    (
        opens("景川的市长是谁", "罗映川"),
        follows("该市的规划总投资是多少？", "52亿元", "景川|总投资", "该市"),
        follows("澜浦呢", "86亿元", "澜浦|总投资", "景川"),
    ),
    (
        opens("what targets did Shanghai set for 2025", "数字化标杆城市"),
        follows("and by 2035?", "国际数字之都", "targets|Shanghai|by 2035", "2025"),
        follows("what about Beijing?", "", "targets|Beijing|by 2035", "Shanghai"),
    ),
    (
        opens("When does Line 4 in Brackenford open?", "September 8"),
        follows("how much will it cost?", "£212 million", "how much will|Line 4|cost", " it "),
        follows("How long is it?", "11.4 kilometres", "How long is|Line 4", " it"),
    ),
    (
        opens(
            "What was the net profit of Corvane Motors in the second quarter of 2025?",
            "$174 million",
        ),
        follows("And in the first quarter?", "$149 million", "Corvane|first quarter", "second"),
        follows("Who is its chief executive?", "Adrian Voss", "Corvane|chief executive", " its "),
    ),
    (
        opens("How much will Dunmere cut its emissions by 2030?", "45 percent"),
        follows("What about Eastholm?", "38 percent", "Eastholm|emissions|2030", "Dunmere"),
        follows("and by 2045?", "net zero", "Eastholm|by 2045", "2030|Dunmere"),
    ),
    (
        opens("Who won the Fenwick Prize?", "Maren Oduya"),
        follows("What is her book called?", "The Salt Orchard", "Maren Oduya|book", " her "),
        opens("How much is the Fenwick Prize worth?", "£40,000"),
    ),
    (
        opens("When does the Seabrook Hotel reopen?", "2 May"),
        follows("How many rooms?", "86 rooms", "Seabrook Hotel|ow many rooms"),
        follows("and the price of a night?", "£95", "Seabrook Hotel|price of a night"),
    ),
    (
        opens("How late is the Larkwater City Library open?", "10 p.m."),
        follows("And on Fridays?", "6 p.m.", "Larkwater City Library|on Fridays"),
        follows("why?", "", "Larkwater City Library|hy"),
    ),
    (
        opens("Did the sea wall of Port Ellery hold?", "The new sea wall held"),
        follows("who said that?", "Greta Lind", "sea wall|ho said"),
    ),
    (
        opens("How many stops does Line 4 in Brackenford have?", "16 stops"),
        Asked("Is it raining in Paris?", alone=True),
        opens("Who won the Fenwick Prize?", "Maren Oduya"),
    ),
    (
        opens("What did Mayor Teresa Quill say about Line 4?", "more than ten minutes from a tram"),
        follows("Why was it delayed?", "water main", "Line 4|delayed", " it "),
        follows("Who built it?", "Hartwell Rail", "Line 4|built", " it"),
    ),
    (
        opens("How many rooms does the Seabrook Hotel have?", "86 rooms"),
        off_topic("Who won the 2022 World Cup?"),
        opens("Who is the architect of the Seabrook Hotel?", "Jonas Whitlock"),
        follows("When did it close?", "2019", "Seabrook Hotel|close", " it "),
    ),
    (
        opens("望岳大桥何时通车", "2026年10月"),
        follows("how much will it cost?", "27.5亿元", "望岳大桥|how much|cost", " it "),
    ),
    (
        opens("What was the revenue of Corvane Motors in the second quarter?", "$2.86 billion"),
        follows("and the net profit?", "$174 million", "Corvane|net profit|quarter", "revenue"),
        follows("How many vehicles did they deliver?", "41,300", "Corvane|vehicles", " they "),
    ),
    (
        opens("What are the climate targets of Dunmere?", "45 percent"),
        follows("what else?", "", "Dunmere|targets|else"),
        follows("What did the council leader say about them?", "Orla Fennick", "Dunmere", " them"),
    ),
    (
        opens("When did Storm Isolde hit Port Ellery?", "12 February"),
        follows("How much damage did the storm do?", "£6.3 million", "Storm Isolde|damage"),
        follows("How many were injured?", "two people", "Storm Isolde|injured"),
    ),
)

HELD: tuple[Dialogue, ...] = (
    (
        opens("启澜汽车2024年的营业收入是多少", "312亿元"),
        follows("那2023年呢？", "247亿元", "启澜汽车|2023年|营业收入", "2024"),
        follows("出口量呢？", "3.9万辆", "启澜汽车|出口量", "营业收入"),
    ),
    (
        opens("澜浦到2035年的目标是什么", "48%"),
        follows("景川呢？", "45%", "景川|2035年|目标", "澜浦"),
        follows("该市的总投资有多少？", "52亿元", "景川|总投资", "该市"),
    ),
    (
        opens("望岳大桥什么时候开工的", "2023年3月"),
        follows("什么时候通车？", "2026年10月", "望岳大桥|什么时候通车", "开工"),
        follows("总工程师是谁？", "贺立群", "望岳大桥|总工程师"),
    ),
    (
        opens("谁介绍了澜浦的绿色发展规划", "沈知远"),
        follows("他对新增的公园怎么说？", "市民步行十分钟", "沈知远|公园", "他"),
    ),
    (
        opens("云帆制冷的总经理是谁", "顾行舟"),
        follows("第二季度营业收入是多少？", "12.8亿元", "云帆制冷|第二季度|营业收入"),
        follows("净利润呢？", "1.54亿元", "云帆制冷|第二季度|净利润", "营业收入"),
    ),
    (
        opens("松洲圖書館新館何時啟用", "5月1日"),
        follows("它有多少個座位？", "1,450", "松洲圖書館|座位", "它"),
        follows("造價呢？", "9億2千萬元", "松洲圖書館|造價"),
    ),
    (
        opens("雲麓藝術節什麼時候舉行", "10月3日"),
        follows("有多少場演出？", "56場", "雲麓藝術節|多少場演出"),
        follows("那策展人是誰？", "溫如玉", "雲麓藝術節|策展人"),
    ),
    (
        opens("青嶼海事博物館的成人門票多少錢", "一百二十元"),
        follows("學生呢？", "學生半價", "青嶼海事博物館|學生"),
        follows("星期幾休館？", "週二", "青嶼海事博物館|休館"),
    ),
    (
        opens("上海哪一年获得世界智慧城市大奖", "2020年"),
        follows("那它的六大工程是什么？", "数字价值提升", "上海|六大工程", "它"),
    ),
    (
        opens("望岳大桥的总投资是多少", "27.5亿元"),
        opens("那英是谁"),
        opens("澜浦市市长叫什么名字", "沈知远"),
    ),
    (
        opens("启澜汽车的新工厂建在哪里", "景川"),
        follows("该工厂何时投产？", "2026年6月", "启澜汽车|工厂|投产", "该工厂"),
        opens("Who won the Fenwick Prize?", "Maren Oduya"),
    ),
    (
        opens("澜浦2025年以前新增多少座公园", "30座"),
        follows("这话是谁说的？", "沈知远", "澜浦|公园|谁说"),
    ),
    (
        opens("Larkwater图书馆开到几点", "10 p.m."),
        follows("那周五呢？", "6 p.m.", "Larkwater图书馆|周五"),
    ),
    (
        opens("Who presented the digital plan of Shanghai?", "吴清"),
        follows("他提到了多少项具体指标？", "16项", "吴清|指标", "他"),
    ),
    (
        opens("景川2025年的森林覆盖率目标是多少", "39%"),
        follows("为什么没有定得更高？", "矿区的复绿", "景川|为什么|更高"),
        off_topic("今晚有什么电视节目"),
    ),
    (
        opens("What is Eastholm's climate target for 2030?", "38 percent"),
        follows("And for 2045?", "net zero", "Eastholm|for 2045", "2030"),
        follows("How about Dunmere?", "", "Dunmere|2045", "Eastholm"),
    ),
    (
        opens("When will the Seabrook Hotel open again?", "2 May"),
        follows("Who designed it?", "Jonas Whitlock", "Seabrook Hotel|designed", " it"),
        follows("What does a night cost?", "£95", "Seabrook Hotel|night cost"),
    ),
    (
        opens("How many vehicles did Corvane Motors deliver in the second quarter?", "41,300"),
        follows("And its net profit?", "$174 million", "Corvane Motors|net profit", " its "),
        follows("Why did the company recall vans?", "door latches", "Corvane|recall vans"),
    ),
    (
        opens("Who won the Fenwick Prize in 2024?", "Maren Oduya"),
        follows("And in 2023?", "Luis Abernathy", "Fenwick Prize|2023", "2024"),
        follows("How much is it worth?", "£40,000", "Fenwick Prize|worth", " it "),
    ),
    (
        opens("How strong was Storm Isolde?", "148 kilometres an hour"),
        follows("How many homes lost power in it?", "34,000", "Storm Isolde|homes", " it"),
        follows("Was anyone injured?", "two people", "Storm Isolde|injured"),
    ),
    (
        opens("How long is Line 4 of the Brackenford tram?", "11.4 kilometres"),
        follows("And the number of stops?", "16 stops", "Line 4|number of stops"),
        follows("When will it open?", "September 8", "Line 4|open", " it "),
    ),
    (
        opens("How many members does the Larkwater City Library have?", "48,200"),
        follows("Who said so?", "Imogen Pell", "Larkwater|ho said"),
        follows("And what do visitors pay?", "$5 a month", "Larkwater|visitors pay"),
    ),
    (
        opens("Where is Corvane Motors building a new plant?", "Tillburg"),
        follows("When does the plant open?", "autumn 2026", "Corvane|plant|open"),
        follows("How many jobs will it create?", "1,900", "Corvane|jobs", " it "),
    ),
    (
        opens("What is the Fenwick Prize worth?", "£40,000"),
        Asked("Is it true that cats can swim?", alone=True),
        opens("Which hotel in Port Ellery reopens in May?", "Seabrook Hotel"),
    ),
    (
        opens("Who is Adrian Voss?", "chief executive of Corvane Motors"),
        follows("What did he say about the recall?", "expensive", "Adrian Voss|recall", " he "),
    ),
    (
        opens("雲麓藝術節什麼時候開幕", "10月3日"),
        follows("How much is a day ticket?", "480元", "雲麓藝術節|day ticket"),
    ),
    (
        opens("How much damage did Storm Isolde do?", "£6.3 million"),
        follows(
            "What did the harbourmaster say about it?", "sea wall", "Isolde|harbourmaster", " it"
        ),
    ),
    (
        opens("When does Line 4 in Brackenford open?", "September 8"),
        follows("Who said so?", "", "Line 4|ho said"),
        off_topic("Who composed the opera Carmen?"),
    ),
    (
        opens("By how much does Dunmere want to cut emissions by 2030?", "45 percent"),
        follows("How about Eastholm?", "38 percent", "Eastholm|emissions|2030", "Dunmere"),
        follows("What does the plan cost?", "£31 million", "Eastholm|plan|cost"),
    ),
    (
        opens("Is the Larkwater City Library open on Sundays?", "shut on Sundays"),
        follows("What about Saturdays?", "6 p.m.", "Larkwater City Library|Saturdays", "Sundays"),
        follows("Does it lend e-books?", "95,500", "Larkwater City Library|e-books", " it "),
    ),
)
