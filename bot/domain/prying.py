"""Whoever asks a visitor for his password, or for a code that signs him in, had better not (pure).

Computing support needs neither, they would stay on the ticket, and a visitor who was asked by us
believes the next one who asks. "Have you changed your password?" asks for none, nor does "Type your
password into the login page". What is asked in other words is shown, as is what is not English.
"""

from __future__ import annotations

import re

#: Stands for the form where what was written asks for one.
PRYING = "?"
#: A message without any of these, as nearly all are, is not looked at.
_NAMES = ("passw", "passphrase", " code", "otp")

_KEYWORD = r"pass(?:words?|phrases?|wd)"
_OFFICIAL = (
    r"(?:2fa|mfa|otp|sms|verification|security|one[- ]time|authenticat(?:or|ion)|two[- ]factor"
    r"|sign[- ]?in|log[- ]?in)"
)
_CODE = (
    rf"(?:{_OFFICIAL}\s+codes?|otp"
    r"|code\s+(?:from|in|on)\s+(?:your|the)\s+(?:app|phone|authenticator|sms|text))"
)
#: "your new password", "the verification code"
_IT = (
    rf"\b(?:your\s+(?:(?!with|for|about|if|when)[\w'’-]+\s+){{0,2}}?{_KEYWORD}"
    rf"|(?:your|the|that)\s+{_CODE})\b"
)
# Behind it nothing that makes another thing of it: "your password manager", "your password expired".
_END = (
    r"(?=\W*$|\s*[.,;:!)]|\s+(?:please|pls|here|again|now|then|too|so|and|by|via|for"
    r"|in\s+(?:this|the)\s+chat|(?:to|with)\s+(?:me|us)|to\s+(?:log|sign|test|try|check|look))\b)"
)
_HANDS = (
    r"(?:send|give|tell|read|e?-?mail|text|message|dm|share|provide|show|forward|post|paste"
    r"|write|type)"
)
# "We reset it and send your new password" asks for nothing; who asks begins so.
_CAN_YOU = (
    r"(?:^\W*|\b(?:please|pls|kindly)\W+|\b(?:can|could|would|will)\s+you\s+)"
    r"(?:(?:please|just|also|now|then)\s+)?"
)
_ASKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:what(?:['’]?s|\s+is|\s+was)|which\s+is)\s+{_IT}{_END}",
        rf"\b{_HANDS}\s+(?:me|us)\s+{_IT}{_END}",
        (
            rf"{_CAN_YOU}(?:send|give|tell|e?-?mail|share|provide)\s+{_IT}"
            r"(?:\W*$|\s+(?:(?:to|with)\s+(?:me|us)|here|please)\b)"
        ),
        (
            rf"{_CAN_YOU}(?:post|paste|write|type|enter|put)\s+{_IT}\s+"
            r"(?:here[\s?!,)]*$|in(?:to)?\s+(?:this|the)\s+chat\b|to\s+(?:me|us)\b)"
        ),
        rf"\b(?:can|could|may)\s+(?:i|we)\s+(?:please\s+)?(?:have|get|know|see)\s+{_IT}{_END}",
        rf"\b(?:i|we)(?:\s+(?:will|would|also|still|just)|['’](?:ll|d))?\s+need\s+{_IT}{_END}",
        rf"^\W*(?:(?:and|ok|okay|so|now)\W+)?{_IT}\W*(?:(?:please|pls)\W*|\?)$",
    )
)
_ANY = re.compile(_IT, re.IGNORECASE)
#: "Never send us your password", "If somebody asks: what is your password": advice.
_ADVICE = re.compile(
    r"\b(?:never|not|no|nobody|cannot|without|neither|ask|asks|asked"
    r"|(?:did|have|has|had)\s+(?:you|he|she|they|(?:some|any)(?:body|one)))\b|n['’]t\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.?!\n]+\??")


def pries(text: str) -> bool:
    """Tell whether a sentence asks for the visitor's password, or for a code that signs him in."""
    lower = text.lower()
    if not any(name in lower for name in _NAMES):
        return False
    return any(map(_asks, _SENTENCE.findall(text)))


def _asks(sentence: str) -> bool:
    if not _ANY.search(sentence) or _ADVICE.search(sentence):
        return False
    return any(one.search(sentence) for one in _ASKS)
