# `make demo` needs python3 and no more. The others install what they need; as root, system packages too.
INSTALL := infra/dev/install.sh
SYSTEM := infra/dev/system.sh
RUN := .venv/bin/python -m infra.dev.suites
ALL := lint unit rt contract widget e2e faults

.PHONY: demo test lint unit contract e2e rt faults bench soak widget screens format lock

demo: ; @$(INSTALL) base && exec .venv/bin/livechat demo
test: ; @$(SYSTEM) postgres browser webkit orca clamd kerberos faults rt && $(INSTALL) base test kerberos npm widget && $(RUN) $(ALL)
lint: ; @$(INSTALL) base test && $(RUN) $@
unit: ; @$(SYSTEM) postgres && $(INSTALL) base test npm && $(RUN) $@
contract: ; @$(SYSTEM) postgres browser clamd kerberos rt && $(INSTALL) base test kerberos npm && $(RUN) $@
e2e: ; @$(SYSTEM) postgres browser webkit orca && $(INSTALL) base test npm widget && $(RUN) $@
rt: ; @$(SYSTEM) postgres browser kerberos rt && $(INSTALL) base test kerberos npm && $(RUN) $@
faults: ; @$(SYSTEM) postgres faults && $(INSTALL) base test && $(RUN) $@
bench: ; @$(SYSTEM) postgres browser && $(INSTALL) base test lighthouse && $(RUN) $@
soak: ; @$(SYSTEM) postgres browser kerberos faults rt && $(INSTALL) base test kerberos npm widget && $(RUN) $@
widget: ; @$(INSTALL) base test widget && PATH=$(CURDIR)/.venv/bin:$$PATH npm --prefix widget run --silent build && $(RUN) $@
screens: ; @$(SYSTEM) browser && $(INSTALL) base test && .venv/bin/python -m infra.dev.screens
format: ; @$(INSTALL) base test && .venv/bin/ruff check --quiet --fix && .venv/bin/ruff format --quiet
lock: ; @$(INSTALL) tools && infra/dev/lock.sh
