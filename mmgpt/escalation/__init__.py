"""Asking a bigger model, when the own one is not sure and its owner allows it: off unless an engine is named.

What leaves the machine is masked first, can be looked at, and is logged; what comes back is judged by what was read in the picture.
"""

from __future__ import annotations

from mmgpt.escalation.address import AddressError as AddressError
from mmgpt.escalation.budget import Budget as Budget
from mmgpt.escalation.budget import Limit as Limit
from mmgpt.escalation.errors import EscalationError as EscalationError
from mmgpt.escalation.escalator import Escalator as Escalator
from mmgpt.escalation.request import Prepared as Prepared
