"""Turns that need no picture: greetings, what the model can do, what kinds and categories mean, and no picture at all."""

from __future__ import annotations

import random
from dataclasses import dataclass

from mmgpt.prompts import NO_PICTURE
from train.data.conversation.turn import Turn, Wordings, wordings
from train.data.conversation.words import CATEGORY_MEANINGS, KIND_MEANINGS, KIND_NAMES

NO_PICTURE_KEY = "no picture"


@dataclass(frozen=True)
class Chat:
    """Questions with fixed answers; `answers` by what stands for {x} in the question ("" where nothing does)."""

    name: str
    wordings: Wordings
    answers: dict[str, str]
    weight: float = 1.0
    with_picture: bool = False

    def turn(self, rng: random.Random, held_out: bool) -> Turn:
        """A turn in one of the family's wordings, held-out ones or others."""
        wording = rng.choice(self.wordings.held_out if held_out else self.wordings.train)
        what = rng.choice(tuple(self.answers))
        answer = self.answers[what]
        return Turn(self.name, wording.replace("{x}", what), (answer,), answer, True, held_out, check="text")


def no_picture(family: str, question: str, held_out: bool) -> Turn:
    """A question about a picture where none was given."""
    return Turn(family, question, (NO_PICTURE,), NO_PICTURE_KEY, False, held_out, check="text")


FAMILIES = (
    Chat(
        "greeting",
        wordings(
            """
            Hello!
            Hi.
            Hello
            Good morning!
            Good evening.
            Hi there!
            Hey!
            Hello, are you there?
            Good day.
            Hi, how are you?
            Hello there
            Hi hi
            hey there
            Hi, nice to meet you.
            Good afternoon!
            Good morning, how are you?
            Hello, can you hear me?
            Hello, my friend
            Hi, is anybody there?
            Hi, I need some help.
            Hello, I have a question.
            Hey, good evening
            Hello bot
            Hi, are you ready?
            Nice to meet you!
            ~ Greetings!
            ~ Hello to you.
            """
        ),
        {"": "Hello! Show me a screenshot, and ask what it says."},
    ),
    Chat(
        "what_can_you_do",
        wordings(
            """
            What can you do?
            Who are you?
            What are you?
            How can you help me?
            What is this?
            What do you do?
            How do I use you?
            Tell me about yourself.
            What are you good at?
            What can I ask you?
            Help
            What can you do for me?
            How do you work?
            What are you for?
            What is this program for?
            What do I have to do?
            Could you tell me what you can do?
            I need help, what can you do?
            Please explain what you do.
            How does this work?
            What kind of questions can you answer?
            Can you help me?
            What do you know to do?
            Introduce yourself.
            What can I use you for?
            Features?
            ~ What are your abilities?
            ~ In what way are you of use?
            """
        ),
        {
            "": "I read screenshots: I say which program it is, what the error says, its code and its kind, and I answer "
            "questions about what stands there."
        },
        weight=1.5,
    ),
    Chat(
        "what_can_you_not_do",
        wordings(
            """
            What can you not do?
            What are your limits?
            Can you read handwriting?
            Can you speak other languages?
            Are you always right?
            Can I trust you?
            Do you make mistakes?
            What should I not ask you?
            Where do you fail?
            Do you know everything?
            What are the things you cannot do?
            Is there something you can't do?
            What don't you know?
            Do you read handwriting?
            Do you speak German?
            Can you be wrong?
            How sure are you?
            Are your answers always correct?
            Is it safe to trust your answers?
            Which languages can you read?
            What can't you read?
            Limits?
            Please tell me your limits.
            What is not possible with you?
            Do you know things outside the picture?
            ~ What are you bad at?
            ~ What are your weaknesses?
            """
        ),
        {"": "I read upright Latin text on screens. I make mistakes, and I know nothing beyond the picture."},
    ),
    Chat(
        "thanks",
        wordings(
            """
            Thanks!
            Thank you.
            Thanks a lot!
            Thank you very much.
            Great, thanks.
            That helped, thank you.
            Thanks, that is all.
            Many thanks!
            Good, thank you.
            Cheers!
            thanks a bunch
            OK thanks
            Thank you so much!
            OK, thank you.
            Perfect, thanks!
            Very good, thank you.
            Thanks for your help.
            Thank you for the help!
            Nice, thanks.
            Many thanks for that.
            Super, thank you very much.
            That is what I needed, thanks.
            Thx
            Ok thanks bye
            Wonderful, thank you.
            ~ Much obliged.
            ~ I am grateful.
            """
        ),
        {"": "You are welcome."},
        with_picture=True,
        weight=0.7,
    ),
    Chat(
        "explain_category",
        wordings(
            """
            What does the category {x} mean?
            What does {x} mean?
            Explain the category {x}.
            What is the category {x}?
            When is an error of the category {x}?
            Which errors are {x}?
            What is meant by {x}?
            Explain {x}.
            What does an error of category {x} mean?
            What kind of error is {x}?
            Category {x}?
            What are errors of the category {x}?
            Could you explain {x}?
            I don't understand {x}. What is it?
            Please explain what {x} means.
            What do you mean by {x}?
            What is {x}?
            You say {x}, what does it mean?
            Meaning of {x}?
            When do you say {x}?
            What does the word {x} mean as a category?
            Explain to me the category {x}, please.
            What is an error of the category {x}?
            For what errors do you use {x}?
            What it means, {x}?
            ~ Tell me what {x} stands for.
            ~ How is the category {x} defined?
            """
        ),
        CATEGORY_MEANINGS,
        weight=4.0,
        with_picture=True,
    ),
    Chat(
        "explain_kind",
        wordings(
            """
            What does the kind {x} mean?
            What is a picture of the kind {x}?
            Explain the kind {x}.
            Which pictures are {x}?
            When is a picture of the kind {x}?
            What is meant by the kind {x}?
            What is the kind {x}?
            What pictures are of the kind {x}?
            What do you call {x}?
            What does {x} mean as a kind?
            Kind {x}?
            What are pictures of the kind {x}?
            Could you explain the kind {x}?
            I don't understand the kind {x}. What is it?
            Please explain what the kind {x} means.
            What do you mean by the kind {x}?
            The kind {x} is what?
            You say the kind is {x}, what does it mean?
            Meaning of the kind {x}?
            When do you say that the kind is {x}?
            When do you call a picture {x}?
            Explain to me the kind {x}, please.
            What does a picture of the kind {x} show?
            For which pictures do you use the kind {x}?
            What it means, the kind {x}?
            ~ How is the kind {x} defined?
            ~ Tell me what the kind {x} stands for.
            """
        ),
        {kind: KIND_MEANINGS[kind] for kind in KIND_NAMES},
        weight=2.0,
        with_picture=True,
    ),
)
BY_NAME = {family.name: family for family in FAMILIES}
