# The project's verbs. `make serve` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: serve test coverage test-milvus check audit package bench bench-scale capacity screenshots eval eval-ablation eval-scale fit train crash soak fuzz clean

serve: $(VENV)/.installed
	$(BIN)/newsqa add --if-empty seeds
	$(BIN)/newsqa serve

test: check
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

# The same tests, and what of the code they reach: to see that takes them longer.
coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --cov --cov-report=
	$(BIN)/python -m coverage report

# The index in Milvus, against real ones: Milvus Lite and the server 2.3.5, which are installed for
# it (0.5 GB), or a Milvus of your own, MILVUS_URI=milvus://host:19530/name.
ENGINES ?= .venv-engines
test-milvus: $(VENV)/.installed-dev $(if $(MILVUS_URI),,$(ENGINES)/.installed)
	NEWSQA_REQUIRE_ENGINES=1 NEWSQA_ENGINES=$(ENGINES) $(BIN)/python -m pytest --durations 10 tests/milvus

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pip check

# Whether anything that is installed is known to be vulnerable; asks PyPI's database.
AUDIT := .venv-audit
audit:
	test -d $(AUDIT) || { $(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/pip install --quiet pip-audit; }
	$(AUDIT)/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip

# The wheel and the sdist, into dist/; the wheel is installed with all it needs, and asked: minutes.
package: $(VENV)/.installed-dev
	$(BIN)/python -m tests.shipping

bench: $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench

# A million passages are made up first, once: half an hour, and 10 GB in the cache.
bench-scale: $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench --scale

# Machines, memory, latency and cost of larger corpora, reckoned from what was measured.
capacity: $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench.capacity

# Every state of the page, in Chromium, as pictures in tests/page/screenshots.
screenshots: $(VENV)/.installed-dev
	$(BIN)/python -m tests.page.screenshots

eval: $(VENV)/.installed-dev
	$(BIN)/python -m tests.evaluation

# The same with each part of retrieval taken away: six times as long.
eval-ablation: $(VENV)/.installed-dev
	$(BIN)/python -m tests.evaluation --ablation

# Over 64,577 articles: hours of embedding the first time.
eval-scale: $(VENV)/.installed-dev
	$(BIN)/python -m tests.evaluation crud_news_scale

# The weights of ranking, answers and confidence, over the indexes that `make eval` has made.
fit: $(VENV)/.installed-dev
	$(BIN)/python -m tests.fit

# The reader, from the sets whose licences allow it and from news written for it; what is kept between
# runs is in TRAINED. It goes on from the one that is there: `make train BEGIN=` begins with the encoder.
TRAINED ?= $(HOME)/.cache/newsqa/training
TRAINING ?= $(or $(NEWSQA_DATA),../shared/data)
BEGIN ?= embeddings/reader/reader.onnx
train: $(VENV)/.installed-dev
	$(BIN)/python -m qa.training --folder $(TRAINED) --reader embeddings/reader/reader.onnx \
		$(addprefix --begin ,$(BEGIN)) --rows $(TRAINING)/train/cmrc2018_train.jsonl.gz:5000 \
		$(TRAINING)/drcd:2500 $(TRAINING)/train/squad2_en_dev_half.jsonl.gz:2700 \
		$(TRAINING)/train/qed_nq_dev.jsonl.gz:630 $(TRAINING)/train/qamr.jsonl.gz:1250 \
		$(TRAINING)/train/policyqa.jsonl.gz:750 $(TRAINING)/cmrc2018 \
		$(foreach _,1 2 3,$(TRAINING)/xquad_zh:half $(TRAINING)/xquad_en:half) qa/training/news

# Writers killed at random moments, over and over; see tests/crash.py.
crash: $(VENV)/.installed-dev
	$(BIN)/python -m tests.crash --kills 200

# Sixty-four clients for ten minutes, while articles change and the index is rebuilt.
soak: $(VENV)/.installed-dev
	$(BIN)/python -m tests.soak

# A million inputs, over which the laws of tests/fuzz must hold, then the API for ten minutes.
# What breaks one is kept in FUZZED/broken; `python -m tests.fuzz LAW FILE` tries it again.
FUZZED ?= $(HOME)/.cache/newsqa/fuzz
fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m tests.fuzz --inputs 1000000 --folder $(FUZZED)
	NEWSQA_FUZZ=600 $(BIN)/python -m pytest --numprocesses 0 tests/web/test_openapi.py

clean:
	rm -rf $(VENV) $(AUDIT) $(ENGINES) dist

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25'
	$(PIP_INSTALL) --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP_INSTALL) --editable '.[dev]'
	touch $@

$(ENGINES)/.installed:
	$(PYTHON) -m venv $(ENGINES)
	$(ENGINES)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25'
	$(ENGINES)/bin/python -m pip install --quiet --disable-pip-version-check \
		'milvus-lite[chinese]==3.2.2' pymilvus==3.0.2 milvus==2.3.5
	touch $@

# Pins what a fresh environment resolves to today; run it to move to newer releases, then `make test`.
.PHONY: lock
lock:
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --upgrade 'pip>=25'
	$(VENV)-lock/bin/python -m pip install --quiet '.[dev]'
	{ sed -n '1p' constraints.txt; $(VENV)-lock/bin/python -m pip freeze --all --exclude pip --exclude newsqa \
	  | sed 's/+cpu$$//'; } > constraints.new && mv constraints.new constraints.txt
	rm -rf $(VENV)-lock
