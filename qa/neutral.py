"""Vectors without the language they are written in, so that Chinese and English can be compared.

A multilingual encoder puts a question nearer to any passage in its own language than to the right
one in the other: multilingual-e5-small gives a Chinese question a cosine of .81 to Chinese passages
about anything and .74 to English ones. What a passage has only from its language is the mean vector
of that language; it is measured once, on texts that say the same in both, and taken off. Over the
parallel paragraphs of XQuAD in one index (samples of 240-260 questions) this raised nDCG@10 from
.70 to .87 for English questions and from .60 to .80 for Chinese ones; within a language no ranking
by meaning changes, for all passages lose the same.

Token vectors lose the mean token of the language likewise: matched as they are, they bring Chinese
questions over both collections to .68, without it to .91.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from embeddings.encoder import Encoder, Encoding, HalfRead, ModelInfo
from embeddings.tokens import Role
from embeddings.vectors import Vectors
from qa.text import detect_language
from qa.types import Language

_HAN = re.compile(r"[\u4e00-\u9fff]")

PARALLEL: tuple[tuple[str, str], ...] = (
    (
        "市政府周二公布了明年的预算，教育支出将增加百分之六。"
        "警方表示，事故造成三人受伤，原因正在调查。",
        "The city government published next year's budget on Tuesday; spending on education"
        " will rise by six per cent. Police said three people were injured in the accident "
        "and the cause is being investigated.",
    ),
    (
        "公司第三季度营收同比增长一成二，净利润略有下降。中央银行维持基准利率不变，符合市场预期。",
        "The company's third-quarter revenue rose twelve per cent from a year earlier, "
        "while net profit fell slightly. The central bank left its benchmark rate "
        "unchanged, as the market had expected.",
    ),
    (
        "气象部门预计，台风将于周末登陆东南沿海。两国外长在会谈后发表联合声明，同意恢复直航。",
        "Forecasters expect the typhoon to make landfall on the south-eastern coast at the "
        "weekend. The two foreign ministers issued a joint statement after their talks and "
        "agreed to resume direct flights.",
    ),
    (
        "研究人员发现，这种新药能减轻老年患者的症状。国家队在加时赛中以二比一获胜，晋级半决赛。",
        "Researchers found that the new drug eases the symptoms of elderly patients. The "
        "national team won two to one in extra time and reached the semi-finals.",
    ),
    (
        "该大学今年招收了四千名新生，其中留学生占一成。法院驳回上诉，维持原判。",
        "The university admitted four thousand new students this year, a tenth of them from"
        " abroad. The court dismissed the appeal and upheld the original verdict.",
    ),
    (
        "新地铁线路将连接机场与市中心，全程四十分钟。粮食总产量连续五年创下新高。",
        "The new metro line will link the airport with the city centre in forty minutes. "
        "Total grain output set a record for the fifth year in a row.",
    ),
    (
        "这家汽车制造商召回了两万辆存在刹车隐患的车辆。导演的新片在电影节上获得最佳剧本奖。",
        "The car maker recalled twenty thousand vehicles with a possible fault in their "
        "brakes. The director's new film won the prize for best screenplay at the festival.",
    ),
    (
        "议会以微弱多数通过了养老金改革法案。失业率降至百分之四，为三年来最低。",
        "Parliament passed the pension reform bill by a narrow majority. The unemployment "
        "rate fell to four per cent, the lowest in three years.",
    ),
    (
        "消防员用了六个小时才扑灭仓库的大火。卫生部门提醒市民尽早接种流感疫苗。",
        "It took firefighters six hours to put out the fire at the warehouse. Health "
        "officials urged residents to be vaccinated against influenza early.",
    ),
    (
        "航天员完成了七小时的太空行走，更换了一块电池。平台将从下月起要求商家公示配送费用。",
        "The astronauts completed a seven-hour spacewalk and replaced a battery. From next "
        "month the platform will require merchants to display their delivery fees.",
    ),
    (
        "环保组织呼吁禁止在湖区使用一次性塑料。考古队在河谷中发现了一座两千年前的墓葬。",
        "Environmental groups called for a ban on single-use plastics around the lake. "
        "Archaeologists discovered a two-thousand-year-old tomb in the river valley.",
    ),
    (
        "他在讲话中强调，要加强中小企业的融资支持。原油价格周五下跌，因市场担心需求放缓。",
        "In his speech he stressed the need to strengthen financing for small and medium-"
        "sized businesses. Crude oil prices fell on Friday as the market worried about "
        "slowing demand.",
    ),
    (
        "学校食堂改用本地蔬菜后，浪费减少了一半。该报记者获悉，谈判将于下周在日内瓦重启。",
        "Waste fell by half after the school canteen switched to local vegetables. The "
        "newspaper has learned that negotiations will resume in Geneva next week.",
    ),
    (
        "工会宣布，铁路员工将罢工二十四小时。新规要求网站在收集个人信息前征得用户同意。",
        "The union announced that railway workers will strike for twenty-four hours. The "
        "new rules require websites to obtain users' consent before collecting personal "
        "information.",
    ),
    (
        "博物馆延长了夏季的开放时间，门票免费。半导体工厂预计后年投产，投资额为三十亿元。",
        "The museum extended its opening hours for the summer, and admission is free. The "
        "semiconductor plant is expected to start production the year after next, at a cost"
        " of three billion yuan.",
    ),
    (
        "救援人员在山区找到了失踪的登山者。选举委员会表示，投票率达到百分之七十一。",
        "Rescuers found the missing climbers in the mountains. The election commission said"
        " turnout reached seventy-one per cent.",
    ),
    (
        "房价在主要城市连续三个月下跌。主席说，到二〇三〇年，可再生能源将占发电量的一半。",
        "House prices in the major cities have fallen for three months in a row. The "
        "chairman said renewable energy will account for half of electricity generation by "
        "2030.",
    ),
    (
        "演唱会门票开售十分钟即告售罄。渔民抱怨禁渔期延长影响了收入。",
        "Tickets for the concert sold out within ten minutes of going on sale. Fishermen "
        "complained that the longer fishing ban had cut their income.",
    ),
    (
        "医院引进机器人手术系统，缩短了住院时间。两家银行宣布合并，将成为全国第三大银行。",
        "The hospital introduced a robotic surgery system that shortens hospital stays. The"
        " two banks announced a merger that will create the country's third-largest bank.",
    ),
    (
        "专家认为，人工智能会改变许多行业的工作方式。她当选为协会首位女主席，任期四年。",
        "Experts believe artificial intelligence will change how many industries work. She "
        "was elected the association's first woman president, for a term of four years.",
    ),
)
"""Chinese and English of the same news, two sentences each: as long as a short passage, since the
mean of single sentences lies elsewhere."""


class _Means(NamedTuple):
    """What a language gives anything said in it: float32[dim] each."""

    passage: Vectors
    token: Vectors


class NeutralEncoder:
    """An encoder whose passages are freed of their language; its questions stay as they are.

    The vectors of passages and of their tokens are no longer of unit length. Their inner product
    with a question is the cosine less what any passage in that language would have.
    """

    def __init__(self, encoder: Encoder, cache: Path) -> None:
        """Measure the languages, or read from `cache` what was measured before."""
        self._encoder = encoder
        texts = sha256(repr(PARALLEL).encode()).hexdigest()[:8]
        fingerprint = f"{encoder.model.fingerprint}-{texts}"
        self._model = ModelInfo(
            encoder.model.name, fingerprint, encoder.model.dimension, encoder.model.max_tokens
        )
        self._means = _measured(encoder, cache / f"languages-{fingerprint}.npz")

    @property
    def model(self) -> ModelInfo:
        """Return which model this is; its fingerprint covers what is taken off."""
        return self._model

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        """Return the vectors of `texts`, passages without their language."""
        encoding = self._encoder.encode(texts, role, tokens=tokens, progress=progress)
        if role == "query" or not texts:
            return encoding
        languages = [_language(text) for text in texts]
        own = np.array([self._means[language].passage for language in languages])
        for part, language in zip(encoding.tokens, languages, strict=False):
            # In their place: the token vectors of a rebuild's call take 80 MB.
            np.subtract(part.vectors, self._means[language].token, out=part.vectors)
        return Encoding(encoding.vectors - own, encoding.tokens)

    def read_half(self, question: str, passages: Sequence[str]) -> list[HalfRead]:
        """Return the question and then the passages, each half read, as the encoder does."""
        return self._encoder.read_half(question, passages)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text takes as a passage."""
        return self._encoder.count_tokens(texts)


def _language(text: str) -> Language:
    """Return the language whose means `text` loses."""
    # A tenth of Chinese characters is enough: what else a Chinese article holds (code, tables,
    # names) is no English prose, and taking English off would lift it above everything.
    if 10 * len(_HAN.findall(text)) > len(text):
        return "zh"
    return "en" if detect_language(text) == "en" else "und"


def _measured(encoder: Encoder, path: Path) -> dict[Language, _Means]:
    """Return the means of Chinese, of English, and of what is neither."""
    if not path.exists():
        sides = [
            encoder.encode(side, "passage", tokens=True) for side in zip(*PARALLEL, strict=True)
        ]
        passages = np.array([side.vectors.mean(axis=0) for side in sides], np.float32)
        tokens = np.array(
            [np.concatenate([part.vectors for part in side.tokens]).mean(axis=0) for side in sides],
            np.float32,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        # A folder of its own: another process may be measuring too.
        with TemporaryDirectory(dir=path.parent) as folder:
            partial = Path(folder) / path.name
            np.savez(partial, passages=passages, tokens=tokens)
            partial.replace(path)
    with np.load(path) as saved:
        passages, tokens = saved["passages"], saved["tokens"]
    return {
        "zh": _Means(passages[0], tokens[0]),
        "en": _Means(passages[1], tokens[1]),
        "und": _Means(passages.mean(axis=0), tokens.mean(axis=0)),
    }
