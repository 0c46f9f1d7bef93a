# Needs python3 (3.11 to 3.13), pip and make. Without make: python3 tools/bootstrap.py demo
PY ?= python3

.PHONY: demo test lint setup lock
demo test lint setup:
	@$(PY) tools/bootstrap.py $@

# Bring the catalogues up to date with the messages in the code, and tell what is to translate.
.PHONY: messages
messages: setup
	.venv/bin/python tools/messages.py

# For maintainers: resolve anew, and write the lock that newcomers install from.
lock: setup
	.venv/bin/uv lock --upgrade
	.venv/bin/uv export --quiet --no-emit-project --all-extras --group dev \
		--format requirements-txt -o requirements.lock
