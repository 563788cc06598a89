# Every target works on a clean clone: the first one to run also makes .venv from requirements.lock.
# `make` alone prints what there is. Another Python: make lab PYTHON=python3.12

ifeq ($(OS),Windows_NT)
PYTHON ?= python
VENV_PYTHON := .venv/Scripts/python.exe
else
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
endif

READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help lab app test course notebooks site class bench lint coverage clean

help:  ## print these lines
	@$(PYTHON) tools/make_help.py $(firstword $(MAKEFILE_LIST))

lab: $(READY)  ## open the course in JupyterLab, on this machine only
	@$(VENV_PYTHON) tools/lab.py

app: $(READY)  ## open the live recogniser as a web app, on this machine only
	@$(VENV_PYTHON) -m ballet_lib app

test: $(READY)  ## run every test, the lessons and a real browser among them
	$(VENV_PYTHON) -m pytest --ignore=tests/notebooks --ignore=tests/browser -n 2 --dist loadfile
	$(VENV_PYTHON) -m pytest tests/browser  # a browser and its server fill two cores
	$(VENV_PYTHON) -m pytest tests/notebooks -n 2 --dist worksteal  # a lesson seldom does

course: $(READY)  ## run every lesson and write what each took into the README: some 25 minutes
	$(VENV_PYTHON) tools/notebooks.py --all

notebooks: $(READY)  ## build the lessons, exercises and solutions whose source changed
	$(VENV_PYTHON) tools/notebooks.py

site: $(READY)  ## write the course as pages that open without a server: site/index.html
	$(VENV_PYTHON) tools/make_site.py $(ARGS)

class: $(READY)  ## build a folder for a class of yours: make class ARGS="--withhold-solutions ..."
	$(VENV_PYTHON) tools/make_class.py $(ARGS)

bench: $(READY)  ## measure what the course promises, into benchmarks/results.md
	$(VENV_PYTHON) benchmarks/run.py

lint: $(READY)  ## check style, format and type hints
	$(VENV_PYTHON) -m ruff check
	$(VENV_PYTHON) -m ruff format --check
	$(VENV_PYTHON) -m mypy

coverage: $(READY)  ## measure which lines of ballet_lib the library's tests run: half an hour
	$(VENV_PYTHON) -m coverage erase
	$(VENV_PYTHON) -m coverage run -m pytest --ignore=tests/notebooks --ignore=tests/browser --ignore=tests/faults -n 2 --dist loadfile
	$(VENV_PYTHON) -m coverage combine
	$(VENV_PYTHON) -m coverage report

clean:  ## remove what make made: .venv, build and test leftovers
	$(PYTHON) tools/clean.py

# The stamp is written last, so a half-finished installation is done again.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) tools/environment.py
