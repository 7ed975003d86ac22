"""What a page put around an article goes, and nothing of the article does."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.articles.cleaning import clean
from qa.articles.html import tidy

NEWS = "云帆港务局周一公布新的渡轮时刻表。"
MORE = "首班渡轮提前到六点，票价二十元不变。"

FURNITURE = [
    # share bars, in whatever script
    "分享到：微信 微博 QQ空间 更多",
    "分享至 微信朋友圈",
    "打开微信“扫一扫”，分享到朋友圈",
    "扫描二维码关注我们",
    "Share on Facebook",
    "Share this article: Facebook Twitter LinkedIn Email",
    "Tweet",
    # controls
    "【打印】 【纠错】 【关闭窗口】",
    "字号：大 中 小",
    "【字号：大 中 小】",
    "您所在位置：首页 > 新闻 > 正文",
    "返回顶部",
    "* * *",
    # advertising
    "广告",
    "廣告",
    "Advertisement",
    "Story continues below advertisement",
    "（廣告）請繼續往下閱讀...",
    "打开APP阅读全文",
    "点击下载云帆新闻客户端",
    "欢迎关注云帆日报公众号",
    "Subscribe to our newsletter",
    # pages
    "首页 上一页 1 2 3 4 下一页 尾页",
    "第1页/共3页",
    "（第 2 頁，共 3 頁）",
    "Page 1 of 3",
    "展开全文",
    # other articles
    "上一篇：港口停运三天",
    "下一篇：渡轮恢复通航",
    "Read more: Harbour closed for three days",
    # players and scripts
    "视频加载中...",
    "您的浏览器不支持HTML5视频",
    "00:00 / 01:32",
    "Your browser does not support the video tag.",
    "var player = new Player({id: 'v1', src: 'a.mp4'});",
    "$(function(){ $('.v').show(); });",
    "(adsbygoogle = window.adsbygoogle || []).push({});",
    '{"videoId": "a1", "poster": "b.jpg"}',
]
NO_FURNITURE = [
    # what speaks of furniture is no furniture
    "分享到朋友圈的照片共有三百张，均由乘客拍摄。",
    "分享经济仍在增长",
    "微信“扫一扫”新增识别垃圾的功能。",
    "扫描二维码即可预约渡轮座位。",
    "Share prices of the ferry company fell",
    "Tweet storms delayed the debate",
    "打印店生意冷清",
    "字号大小由店主决定",
    "广告收入下降三成",
    "廣告業者抗議新規定",
    "Advertisement spending rose",
    "下载国家反诈中心APP",
    "打开阀门",
    "关注“云帆交通”公众号的市民可查询班次。",
    "第一页",
    "第3页写道，渡轮超载。",
    "下一页历史由青年书写",
    "Page one of the report names three firms.",
    "上一篇论文发表于2019年",
    "Related firms were fined.",
    "视频加载缓慢引发投诉",
    "var是一个变量",
    "let total = fares + fees;",
    "{",
    "票种：成人票 | 价格：20元",
    "- 分享",
    "1. 打开APP",
]


@pytest.mark.parametrize("line", FURNITURE)
def test_lines_of_machinery_go_wherever_they_stand(line: str) -> None:
    cleaned = clean(f"{NEWS}\n{line}\n{MORE}")

    assert cleaned.text == f"{NEWS}\n{MORE}"
    assert cleaned.removed == (line,)


@pytest.mark.parametrize("line", NO_FURNITURE)
def test_lines_of_the_article_stay_wherever_they_stand(line: str) -> None:
    for text in (f"{NEWS}\n{line}\n{MORE}", f"{line}\n{NEWS}", f"{NEWS}\n{line}"):
        assert clean(text).text == text


# Above the text.


@pytest.mark.parametrize(
    "line",
    [
        "云帆港务局公布时刻表",  # the title
        "雲帆港務局公布時刻表",
        "原标题：渡轮提前，票价不变",
        "（原标题：渡轮提前）",
        "2023-08-07 16:17:14 来源：云帆日报 作者：王五",
        "2023年8月7日 10:30",
        "来源：云帆日报",
        "來源：雲帆日報",
        "发布时间：2023-08-07",
        "本报记者 王五 通讯员 李四",
        "记者 王五",
        "文/王五 图/李四",
        "By Jane Doe and John Roe",
    ],
)
def test_what_stands_above_the_text_goes(line: str) -> None:
    cleaned = clean(f"{line}\n{NEWS}\n{MORE}", "云帆港务局公布时刻表")

    assert cleaned.text == f"{NEWS}\n{MORE}"
    assert cleaned.removed == (line,)


@pytest.mark.parametrize(
    "line",
    [
        "云帆港务局公布时刻表，引来争议",
        "新华社云帆7月25日电（记者 王五）港务局公布时刻表。",
        "本报记者王五从港务局获悉，渡轮将提前。",
        "2023年8月7日，港务局公布时刻表",
        "来源：港务局的统计口径，班次共有六十。",
        "记者手记",
        "By Monday the ferries were running",
        "图：首班渡轮驶出港口",
        "一、背景",
    ],
)
def test_what_opens_an_article_stays(line: str) -> None:
    text = f"{line}\n{NEWS}\n{MORE}"

    assert clean(text, "云帆港务局公布时刻表").text == text


def test_the_same_lines_stay_inside_an_article() -> None:
    text = f"{NEWS}\n来源：云帆日报\n原标题：渡轮提前\n记者 王五\n{MORE}"

    assert clean(text).text == text


@pytest.mark.parametrize(
    ("opening", "removed"),
    [
        ("原标题：渡轮提前" + NEWS, ("原标题：渡轮提前",)),
        ("（原标题：渡轮提前一小时）" + NEWS, ("（原标题：渡轮提前一小时）",)),
        ("本文转自【云帆公安】；" + NEWS, ("本文转自【云帆公安】；",)),
    ],
)
def test_an_old_title_written_into_the_first_line_goes(
    opening: str, removed: tuple[str, ...]
) -> None:
    cleaned = clean(opening, "渡轮提前")

    assert cleaned.text == NEWS
    assert cleaned.removed == removed


def test_a_title_made_of_the_first_sentence_leaves_the_sentence() -> None:
    assert clean(f"{NEWS}\n{MORE}", NEWS).text == f"{NEWS}\n{MORE}"


def test_an_old_title_with_the_article_behind_it_loses_its_label_only() -> None:
    for opening in ("渡轮提前周一，港务局宣布，", "渡轮提前（记者 王五", "渡轮提前" * 12):
        assert clean(f"原标题：{opening}\n{MORE}").text == f"{opening}\n{MORE}"


def test_an_old_title_ends_where_a_dateline_begins_or_is_kept_without_its_label() -> None:
    dated = "中新网8月3日电 港务局公布时刻表。"

    assert clean(f"原标题：渡轮提前 票价不变 {dated}").text == dated
    assert clean(f"原标题：渡轮提前 {NEWS}").text == f"渡轮提前 {NEWS}"


# Below the text.


@pytest.mark.parametrize(
    "tail",
    [
        "责任编辑：李四",
        "責任編輯：李四",
        "（责任编辑：李四）",
        "【编辑:李四】",
        "（编辑 李四）",
        "编辑：王五 校对：李四",
        "编辑 王五校对 李四",
        "（来源：云帆日报）",
        "来源：云帆日报",
        "【來源：雲帆日報】",
        "文/王五编辑/李四",
        "云帆晚报记者 王五校对 李四",
        "（原标题：渡轮提前）",
        "(完)",
        "返回搜狐，查看更多责任编辑：",
        "《 人民日报 》（ 2023年08月07日 05 版）",
        "【编辑:李四】 更多精彩内容请进入国内新闻",
        "免责声明：本文仅供参考，不构成投资建议。",
        "版权声明：未经书面授权，任何单位及个人不得转载。本报保留追究法律责任的权利。",
        "聲明：本文版權歸原作者所有，如有侵權請聯繫刪除。",
        "本文来源云帆网，不代表本网观点。",
        "以上内容仅供参考，不构成投资建议。",
        "未经授权，不得转载。",
        "转载请注明出处。",
        "股市有风险，投资需谨慎。",
        "版权归原作者所有，如有侵权请联系删除",
        "更多资讯请关注“云帆日报”微信公众号。",
        "相关阅读：《港口停运三天》《渡轮恢复通航》",
        "This article was originally published in the Yunfan Daily.",
        "© 2023 Yunfan Daily. All rights reserved.",
        "Copyright 2023 Yunfan Daily. All rights reserved.",
        "Sign up for our daily newsletter.",
    ],
)
def test_what_stands_below_the_text_goes(tail: str) -> None:
    for text in (f"{NEWS}\n{MORE}{tail}", f"{NEWS}\n{MORE}\n{tail}", f"{NEWS}\n{MORE} {tail}"):
        cleaned = clean(text)
        assert cleaned.text == f"{NEWS}\n{MORE}"
        assert "".join(cleaned.removed).replace(" ", "") == tail.replace(" ", "")


@pytest.mark.parametrize(
    "ending",
    [
        "报社昨天发布版权声明：未经授权不得转载。",
        "他说，自己最怀念的身份是编辑。",
        "报社只有一名编辑：李四",
        "资金来源：财政",
        "来源：一是财政拨款，二是社会捐赠",
        "声明：我国坚决反对侵犯主权的行为。",
        "未经许可，任何人不得使用无人机航拍港口。",
        "如有侵权行为，消费者可以投诉。",
        "版权归作者与出版社共同所有，收益按合同分配。",
        "校长给新生推荐阅读《红楼梦》《三国演义》",
        "图为接受采访的新华社记者 王五",
        "本文作者曾任港务局局长。",
        "图为首班渡轮驶出港口。新华社发（王五摄）",
        "（记者 王五）",
        "（来源不明）",
        "图为首班渡轮。云帆网记者 王小五摄",
        "The label reads “All rights reserved”.",
        "Sign up for the race begins on Monday.",
        "扫码乘船的乘客超过八成。",
    ],
)
def test_an_ending_of_the_article_stays(ending: str) -> None:
    for text in (f"{NEWS}\n{MORE}{ending}", f"{NEWS}\n{MORE}\n{ending}"):
        assert clean(text).text == text


@pytest.mark.parametrize(
    "heading",
    [
        "相关阅读",
        "【相关报道】",
        "延伸閱讀：",
        "推荐阅读",
        "热门文章",
        "猜你喜欢",
        "Related articles",
        "Read more",
        "See also",
        "Recommended for you",
        "More from Yunfan Daily",
    ],
)
def test_a_list_of_other_articles_at_the_end_goes(heading: str) -> None:
    titles = "港口停运三天怎么办？\n- 渡轮恢复通航\nFerry fares to rise"

    cleaned = clean(f"{NEWS}\n{heading}\n{titles}\n责任编辑：李四")

    assert cleaned.text == NEWS
    assert cleaned.removed == (heading, *titles.split("\n"), "责任编辑：李四")


def test_a_heading_with_sentences_below_it_stays() -> None:
    for text in (
        f"{NEWS}\n相关报道\n{MORE}",
        f"{NEWS}\n相关阅读\n港口停运三天\n{MORE}",
        f"{NEWS}\n推荐阅读\n书名 | 作者\n渡口 | 王五",
    ):
        assert clean(text).text == text


def test_an_address_goes_with_the_notice_above_it() -> None:
    notice = "如有侵权，请联系删除。\n联系方式：a@example.com"

    assert clean(f"{NEWS}\n{notice}").text == NEWS
    assert clean(f"{NEWS}\n联系方式：a@example.com").text == f"{NEWS}\n联系方式：a@example.com"


# Inside a line, and over pages.


@pytest.mark.parametrize(
    "insert",
    [
        "广告 这么好的房子 >>点击进入 ×",
        ".isgif{position:relative;}.isgif img{margin:0;}.isgif:after{content:'GIF';}",
        "p.p1 {margin: 0.0px; font: 12.0px Helvetica} span.s1 {color: #333}",
        'showPlayer({id:"/xml/2023/8/1/1.xml",autoplay:0,width:640,height:360});',
    ],
)
def test_a_line_is_cut_where_machinery_was_written_into_it(insert: str) -> None:
    cleaned = clean(f"{NEWS}{insert}{MORE}")

    assert cleaned.text == f"{NEWS}\n{MORE}"
    assert cleaned.removed == (insert,)


def test_measures_and_code_in_a_line_stay() -> None:
    text = "户外广告 长3 ×高4米。样式写作 a{b} 即可，另有 rows.map { it.name } 和 showPlayer()。"

    assert clean(text).text == text


def test_a_header_that_each_page_repeats_stays_once() -> None:
    pages = f"港务局\n{NEWS}\n第1页/共2页\n港务局\n{MORE}"

    assert clean(pages).text == f"港务局\n{NEWS}\n{MORE}"
    assert clean(pages, "港务局").text == f"{NEWS}\n{MORE}"


def test_a_refrain_stays() -> None:
    song = "渡口啊渡口\n潮水来了\n渡口啊渡口\n潮水走了\n渡口啊渡口"

    assert clean(song).text == song


# Laws.

PIECES = [*FURNITURE, *NO_FURNITURE, NEWS, MORE, "责任编辑：李四", "来源：云帆", "相关阅读", "标题",
          "原标题：标题", "(完)", "});", "广告 甲乙丙丁 ×", " ", "。", "甲"]  # fmt: skip
TEXTS = st.lists(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join), min_size=1, max_size=8
).map(lambda lines: "\n".join(stripped for line in lines if (stripped := line.strip())))


@given(TEXTS.filter(bool))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text, "标题").text

    assert clean(once, "标题").text == once


@given(st.one_of(TEXTS, st.text().map(tidy)))
def test_each_line_left_is_part_of_a_line_and_something_is_left(text: str) -> None:
    cleaned = clean(text, "标题")
    lines = iter(text.split("\n"))
    line = next(lines)

    for left in cleaned.text.split("\n"):
        while left not in line:
            line = next(lines)
    assert cleaned.text or not text
    assert bool(cleaned.removed) == (cleaned.text != text)


@given(TEXTS.filter(bool))
def test_what_is_left_and_what_was_removed_are_the_whole(text: str) -> None:
    cleaned = clean(text, "标题")

    assert sorted(filter(str.isalnum, cleaned.text + "".join(cleaned.removed))) == sorted(
        filter(str.isalnum, text)
    )


def test_an_article_that_is_all_furniture_is_kept() -> None:
    assert clean("责任编辑：李四").text == "责任编辑：李四"
    assert clean("标题\n(完)", "标题").text == "标题\n(完)"


@pytest.mark.parametrize(
    "text",
    [
        "甲" * 1_000_000,
        "编辑：甲" * 250_000,
        "（来源：甲）" * 160_000,
        "本文来源甲，不代表" * 100_000,
        "广告 甲" * 250_000,
        ".a" * 500_000,
        ".aa{b:c" * 150_000,
        "a " * 500_000,
        "原标题：" * 250_000,
        "相关阅读\n" * 100_000 + "完。",
        "来源：甲\n" * 100_000 + "完。",
        "完。" + "\n来源：甲" * 100_000,
        "完。" + "\n相关阅读\n甲。" * 50_000 + "\n来源：甲" * 50,
        "完。" + "\n甲" * 100_000,
        "标题\n" * 100_000 + "完。",
        "第1页/共2页\n标题\n" * 50_000 + "完。",
        "var player = 1;\n});\n" * 50_000 + "完。",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    began = time.process_time()
    clean(text, "标题")

    assert time.process_time() - began < 5
