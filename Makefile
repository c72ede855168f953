# Every target sets up what it needs by itself: uv (from PyPI if it isn't there) makes .venv from uv.lock.
.PHONY: help plan serve test lint bench docs picture screens clean
.DEFAULT_GOAL := help

BIN := .venv/bin
LOCK := pyproject.toml uv.lock tools/environment.sh

help:
	@echo 'make plan    plan the Northeast; reports in out/northeast      制定东北规划，报告在 out/northeast'
	@echo 'make serve   the workbench of the Northeast in a browser       在浏览器中打开东北工作台'
	@echo 'make test    lint, types and the whole test suite              代码检查与全部测试'
	@echo 'make bench   time the solver                                   求解速度'
	@echo 'make docs    build the documentation into site/                生成文档'
	@echo 'make lint    ruff and mypy only                                仅代码检查'
	@echo 'make picture remake the picture of the README                 重新生成 README 插图'
	@echo 'make screens remake the pictures of the workbench              重新生成工作台插图'
	@echo 'make clean   remove what the other targets made                清理'

plan: .venv/.stamp-run
	$(BIN)/citybelt plan northeast --out out/northeast

serve: .venv/.stamp-run
	$(BIN)/citybelt serve northeast

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/.stamp-dev
	$(BIN)/python -m ruff check
	$(BIN)/python -m mypy

bench: .venv/.stamp-bench
	$(BIN)/python -m benchmarks

docs: .venv/.stamp-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo 'The documentation is in site/index.html'

picture: plan .venv/.stamp-dev
	$(BIN)/python tools/picture.py out/northeast/report.en.pdf docs/img/northeast.png

screens: .venv/.stamp-dev
	$(BIN)/python -m tools.screens docs/img

clean:
	rm -rf .venv .cache site out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.stamp-run: $(LOCK)
	sh tools/environment.sh run

.venv/.stamp-dev: $(LOCK)
	sh tools/environment.sh dev

.venv/.stamp-bench: .venv/.stamp-dev
	sh tools/environment.sh bench
