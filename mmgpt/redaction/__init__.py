"""Secrets that can be read in a picture: found in its lines, painted over in the picture, masked in texts. Loads no torch."""

from mmgpt.redaction.find import find_secrets as find_secrets
from mmgpt.redaction.mask import mask_diagnosis as mask_diagnosis
from mmgpt.redaction.mask import mask_text as mask_text
from mmgpt.redaction.paint import Covered as Covered
from mmgpt.redaction.paint import Redacted as Redacted
from mmgpt.redaction.paint import boxes_of as boxes_of
from mmgpt.redaction.paint import redact as redact
from mmgpt.redaction.paint import redact_picture as redact_picture
from mmgpt.redaction.secret import DEFAULT_KINDS as DEFAULT_KINDS
from mmgpt.redaction.secret import KINDS as KINDS
from mmgpt.redaction.secret import Secret as Secret
