"""The words by which questions ask, and the kind of answer each asks for."""

from enum import StrEnum

from qa.values.units import THINGS


class AnswerType(StrEnum):
    """The kind of answer that a question wants."""

    NUMBER = "number"
    DATE = "date"
    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"
    WORK = "work"
    REASON = "reason"
    YES_NO = "yes_no"
    LIST = "list"
    OTHER = "other"


CLASSIFIERS = f"{THINGS}本篇首届层级集季章组队句字票面大类段村国省市县胎局卷"
"""What may stand between a number and a noun in Chinese."""

_E = AnswerType
_WHICH = "哪[一几两二三]?[个位家所部本首张条座支项篇款种只间届份]?|什么样?的?|何种?"
CHINESE: tuple[tuple[AnswerType, str], ...] = (
    (
        _E.REASON,
        r"(?<![称名改作译定化变视用借常叫认转易之])为什么(?!名|语|食)|(?<![称名改作])为何|何故|为啥|因何|什么原因|怎么会|出于什么"
        r"|原因(?:是|为|有|在|何|[?？]|$)|什么缘故|什么理由",
    ),
    (
        _E.DATE,
        r"何时|几时|(?:什么|哪[一个]*)(?:时[候间期代刻]|日期|朝代|年代|年份|日子|世纪|季节)|哪[一个几]*[年天日月]|何[年月日]"
        r"|几[月号点日]|(?:(?<!多长)时间|日期|年份|生日)(?:是|为)?(?:什么|多少)?[?？]?$|多久(?:以前|之前)|哪一个王朝",
    ),
    (
        _E.NUMBER,
        r"多少|(?<!哪)几(?![何乎内里])|多[大长高远深宽重久快厚](?!的?影响)|第几"
        r"|(?:净利润|营业收入|营收|票价|总投资|产量|销量|销售额|票房|市值|比例|占比|比率|[^效]率|面积|长度|高度|海拔|人口|人数|年龄|价格|总额|总值|数量|距离|温度|增速|增幅)"
        r"(?:是|为)?(?:什么|如何|怎样)?[?？]?$",
    ),
    (_E.PERSON, r"谁|何人|哪[一几两三]?位|哪些?人|哪[个种]人|什么人"),
    (
        _E.ORGANISATION,
        rf"(?:{_WHICH})[^,，。?？的]{{0,3}}(?:公司|集团|企业|银行|机构|组织|大学|学校|学院|中学|小学|高中|医院|部门|球队|球会"
        r"|俱乐部|队伍?|党派?|政党|出版社|电视台|报纸|报社|媒体|法院|委员会|协会|研究所|研究院|乐团|乐队|军队|部队|单位|厂商"
        r"|商家|联盟|社团)|哪家|哪队",
    ),
    (
        _E.PLACE,
        r"哪里(?!不同|特别)|哪儿|何[处地](?!不同)|[在于自至去到]哪[?？]?$|(?:位置|地点|地址|出生地|首都|首府|籍贯|产地|总部)(?:是|在|为)"
        rf"|(?:{_WHICH})[^,，。?？的]{{0,2}}(?:地方|地区|地点|地带|国家|城市|省份|大陆|街道|位置|场所|区域|海域|车站|机场|港口|景点"
        r"|[国城省市县区州镇乡村岛洲街路山河湖海](?=[?？,，的在是被有为与和举属将最曾人]|$))|哪国",
    ),
    (
        _E.PERSON,
        rf"(?:{_WHICH})[^,，。?？的]{{0,3}}(?:作家|作者|导演|演员|歌手|选手|球员|总统|总理|主席|国王|皇帝|将军|教练|科学家|人物"
        r"|领导人?|明星|嘉宾|专家|官员|教授|学者|记者)",
    ),
    (
        _E.WORK,
        rf"(?:{_WHICH})[^,，。?？的]{{0,3}}(?:书籍?|小说|电影|影片|歌曲?|节目|专辑|作品|电视剧|剧|文章|杂志|文献|游戏|动画|漫画|戏"
        r"|诗|法律|条约|著作|法规|法案|文件)",
    ),
    (_E.YES_NO, r"是否|有没有|是不是|能不能|会不会|可不可以|能否|可否|吗[?？]?$"),
)
ENGLISH: tuple[tuple[AnswerType, str], ...] = (
    (
        _E.REASON,
        r"^why\b|\bwhy (?:did|do|does|is|are|was|were|has|have)\b|\bhow come\b"
        r"|\bfor what reasons?\b"
        r"|\bwhat (?:\w+ ){1,3}reasons?\b|\bwhat (?:caused|causes|led to)\b",
    ),
    (
        _E.DATE,
        r"^when\b(?!.*, (?:what|who|how|which|where)\b)|\bwhen (?:did|was|is|were|do|does|will|has"
        r"|have|had|are|would|can)\b(?!.*, (?:what|who|how|which))|\bwhen\?$|\bhow long ago\b",
    ),
    (
        _E.NUMBER,
        r"\bhow (?:many|much|long|far|old|tall|high|large|big|deep|wide|fast|often|heavy)\b"
        r"|\bwhat (?:is|was|were|are|will be)\b[^?,]*\b(?:profits?|revenues?|sales|income|turnover"
        r"|prices?|costs?|population|temperature|percentage|rate|growth|budget|salary|gdp|value"
        r"|height|length|area|distance|total|toll)\b(?:\s(?:of|in|for|during|at|by|per)\b[^?,]*)?\??$",
    ),
    (_E.PLACE, r"\bwhere\b"),
    (_E.PERSON, r"\bwho(?:m|se)?\b(?! is| are| was| were| has| have)|^who\b"),
    (
        _E.YES_NO,
        r"^(?:did|does|do|is|are|was|were|has|have|had|can|could|will|would|should|may|must)\b",
    ),
)

NOUNS = {
    _E.DATE: "year years date dates day month decade century time period era season",
    _E.NUMBER: (
        "percentage percent number numbers proportion fraction share amount price population"
        " temperature speed age size height length distance rate score rank ratio cost total depth"
        " width weight diameter salary revenue worth gdp elevation area"
    ),
    _E.PLACE: (
        "city cities country countries state states nation nations town towns village province"
        " provinces region regions continent county counties island islands river place location"
        " area areas street district border sea ocean territory mountain neighborhood capital"
        " birthplace venue"
    ),
    _E.PERSON: (
        "person people man woman president king queen emperor scientist actor actress singer author"
        " writer player general leader leaders artist director inventor engineer architect minister"
        " chancellor composer mathematician philosopher physicist economist politician quarterback"
        " coach pope bishop mayor ceo founder"
    ),
    _E.ORGANISATION: (
        "company companies organization organisation organizations team teams university school"
        " college institution agency bank group groups network party parties firm corporation"
        " publisher newspaper broadcaster committee ministry department hospital court band club"
        " label studio church government union"
    ),
    _E.WORK: (
        "book books novel film films movie song songs album magazine play show series poem essay"
        " treaty act document journal"
    ),
}

# What a number measures, by what the question asks it of.
MEASURED = (
    (
        "ratio",
        r"占比|比例|比率|百分|[利增失业通胀降升收股涨跌死亡出生]率|增速|增幅|涨幅|跌幅|份额"
        r"|\b(?:percent\w*|proportion|fraction|share of|growth|(?<!exchange )rate|ratio)\b",
    ),
    (
        "percent",
        r"同比|环比|增长|下降|上涨"
        r"|\b(?:gr[eo]wn?|increased?|ris(?:e|en)|rose|f[ea]ll(?:en)?|drop(?:ped)?|declined?)\b",
    ),
    (
        "money",
        r"钱|价|额(?!外)|收入|利润|营收|费用|投资|资金|产值|总值|预算|成本|工资|薪|罚款|奖金|票房|市值|贷款|耗资|财富"
        r"|\b(?:costs?|prices?|paid|pay|revenues?|turnover|salary|spen[dt]|worth|value|budget|invest\w*"
        r"|profits?|income|gdp|money|earn\w*|fine[sd]?|fund\w*)\b",
    ),
    ("people", r"人口|人数|population|\btoll\b"),
    ("area", r"面积|\barea\b"),
    (
        "length",
        r"长度|高度|距离|海拔|深度|宽度|直径|半径|身高|体长|多[高远深宽厚]|多长(?!时间)"
        r"|how (?:far|tall|high|deep|wide|long (?:is|are|was|were))"
        r"|\b(?:height|length|distance|depth|width|diameter|elevation|altitude)\b",
    ),
    ("weight", r"重量|体重|多重|how heavy|\bweigh[ts]?\b"),
    ("degree", r"温度|气温|temperature"),
    ("age", r"年龄|年纪|how old|\bage\b"),
    ("speed", r"速度|时速|多快|how fast|\bspeed"),
    ("rank", r"第几|排名|名次|\brank\b"),
    ("duration", r"多久|多长时间|how long|时长|寿命|期限"),
)

GRAINS = (
    ("clock", r"几点|什么时刻|\bwhat time\b"),
    ("day", r"几[号月日]|哪[一个]*[天日]|何日|日期|生日|(?:what|which) (?:date|day)"),
    ("month", r"哪[一个]*月|何月|(?:what|which) month"),
    ("year", r"哪[一个]*年(?!代)|何年|年份|(?:what|which) year"),
    ("age", r"年代|世纪|时期|时代|朝代|王朝|(?:what|which) (?:decade|century|period|era)"),
)
