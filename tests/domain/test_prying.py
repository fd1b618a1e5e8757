"""Words of a CO's that ask a visitor for a password, and those that only speak of one."""

from __future__ import annotations

import pytest

from bot.domain.mistyped import held_back
from bot.domain.prying import PRYING


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        "What is your password?",
        "what's your password",
        "Whats your password please",
        "Hi Ada, what is your new password? I'll try it here.",
        "And what was your password again?",
        "Send me your password",
        "Please send me your password.",
        "please send us your username and password",
        "Tell me your uni password, and I will look",
        "Give me your eduroam password for a moment",
        "e-mail me your password",
        "Can you send your password to me?",
        "Could you please share your password with us?",
        "Please type your password here",
        "Type your password in this chat.",
        "Can I have your password?",
        "May I please see your password?",
        "I need your password",
        "We'd need your password to log in as you",
        "I'll need your current password, please",
        "Your password, please?",
        "your password?",
        "What is the verification code?",
        "Send me the 2FA code",
        "Tell me the code from your phone",
        "Can you give me your MFA code",
        "What is your one-time code?",
        "Thanks.\nNow send me your password\nThen we go on.",
    ],
)
def test_what_asks_for_a_password_is_held_back(said: str, mentioned: bool) -> None:
    assert held_back(said, mentioned=mentioned) == PRYING


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        "Have you changed your password?",
        "Type your password into the login page",
        "Please enter your password again",
        "Type your password here: https://login.example.org",
        "Type your password here:\nhttps://login.example.org",
        "Never send us your password",
        "Please never send us your password.",
        "Please don't send me your password",
        "Please don’t tell me your password!",
        "You need not tell me your password",
        "We will not ask you for your password",
        "I do not need your password",
        "Nobody of us will ask: what is your password?",
        "If somebody asks you for your password, it is not us",
        "Did you give your password to anybody?",
        "Did you send us your password?",
        "Do you remember your password?",
        "What is your password manager?",
        "What is your password problem?",
        "Tell me your password hint is shown",
        "Send me the password reset mail",
        "Send me a picture of the password field",
        "Tell me when your password expired",
        "I need your help with your password",
        "I need your password reset to be done first",
        "We reset it and send your new password by post",
        "I will then mail your new password by post",
        "I will send you your new password by post.",
        "Your password is expired",
        "Your new password:\nis in the letter",
        "What is the password of the PDF?",
        "Please change your password",
        "You can now set your password",
        "Send me the error code",
        "What is the code of the error?",
        "Can you send me the source code?",
        "Enter the verification code there",
        "The passage is closed. What is your room?",
    ],
)
def test_what_only_speaks_of_one_is_shown(said: str, mentioned: bool) -> None:
    assert held_back(said, mentioned=mentioned) is None


def test_a_note_that_asks_for_a_password_is_a_note() -> None:
    assert held_back("// send me your password\nGood morning", mentioned=False) is None


@pytest.mark.parametrize(
    "word", ["your password ", "what is your ", "send me your a ", "the code "]
)
def test_however_often_such_words_stand_there_they_are_read_soon(word: str) -> None:
    assert held_back(word * 2_000, mentioned=False) is None
