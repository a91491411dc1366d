"""What is found in read lines, what is not, and that nothing a stranger draws makes it fail or take long."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgpt.redaction import KINDS, Secret, find_secrets, mask_text
from tests.mmgpt.redaction.drawing import line_at, lines_of

HEX40 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
FOUND = [
    ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzz1x2y3z4", "token", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzz1x2y3z4"),
    ("aws_access_key_id = AKIAQ7ZPX3J5N2M4T6RB", "token", "AKIAQ7ZPX3J5N2M4T6RB"),
    ('curl -H "Authorization: Bearer ghp_16C7e42F292c6912E7710c838347Ae178B4a" x', "token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    ("//registry.example.com/:_authToken=npm_a8Kd93jfLs02kdPq84jfmZx71LqpOe8r3sTu", "token", "npm_a8Kd93jfLs02kdPq84jfmZx71LqpOe8r3sTu"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jV", "token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jV"),
    ("https://x.com/a?access_token=8dk3jf83kslw93jfkslw&page=2", "token", "8dk3jf83kslw93jfkslw"),
    ("Set-Cookie: sid=9f8a7c6d5e; Path=/; HttpOnly", "token", "9f8a7c6d5e"),
    ("Password: hunter2", "password", "hunter2"),
    ("curl -u admin:hunter2 https://x.org", "password", "hunter2"),
    ("mysql -u root -pS3cret shop", "password", "S3cret"),
    ("sshpass -p 'tiger77' ssh root@host", "password", "tiger77"),
    ("postgres://app:Sw0rdf1sh@db.example.com:5432/app", "password", "Sw0rdf1sh"),
    ("Server=db1;User Id=sa;Password=Pa$$w0rd;Database=x", "password", "Pa$$w0rd"),
    ("the wifi password is Blue-Horse-42, ask me", "password", "Blue-Horse-42"),
    ("ALTER USER shop IDENTIFIED BY 'gr33nApple'", "password", "gr33nApple"),
    ("machine api.x.com login bob password k2j4h5g6", "password", "k2j4h5g6"),
    ("<password>blue7sky</password>", "password", "blue7sky"),
    ("write to ana.lee+x@mail.example.co.uk today", "email", "ana.lee+x@mail.example.co.uk"),
    ("paid with 4111 1111 1111 1111 yesterday", "card", "4111 1111 1111 1111"),
    ("4539578763621486", "card", "4539578763621486"),
    ("IBAN DE89 3704 0044 0532 0130 00", "iban", "DE89 3704 0044 0532 0130 00"),
    ("GB29NWBK60161331926819", "iban", "GB29NWBK60161331926819"),
    ("connect to 10.0.12.7 failed", "host", "10.0.12.7"),
    ("ping vault-1.prod.internal now", "host", "vault-1.prod.internal"),
    ("fd12:3456:789a:1::1 is down", "host", "fd12:3456:789a:1::1"),
]  # fmt: skip
MISREAD = [
    ("paid with 4111 1111 1111 1112 today", "4111 1111 1111 1112"),  # a digit misread: the check digit is wrong
    ("paid with 4l11 11O1 1111 1111 today", "4l11 11O1 1111 1111"),
    ("mail ana.lee @example. com now", "ana.lee @example. com"),
    ("token ghp 16C7e42F292c6912 E7710c838347Ae178B4a", "16C7e42F292c6912 E7710c838347Ae178B4a"),
    ("AKlAQ7ZPX3J5N2M4T6RB", "AKlAQ7ZPX3J5N2M4T6RB"),
    ("DB_PA5SWORD=sunny4day", "sunny4day"),
    ("DB_PA==WORD=sunny4day", "sunny4day"),
    ("DB_PASSVORD=sunny4day", "sunny4day"),
    ("host 10.0.l2.7 is down", "10.0.l2.7"),
    ("host 192,168.1.20 is down", "192,168.1.20"),
    ("DE89 3704 0O44 0532 0130 0l", "DE89 3704 0O44 0532 0130 0l"),
]
NOT_FOUND = [
    "dev@desktop:~/src$ npm install react@18.2.0",
    f"commit {HEX40}",
    f"GIT_COMMIT={HEX40}",
    "id 72252b95-5e45-4b97-a8f1-0d07abea733a",
    "integrity sha512-9Qp3VQ2bYzv7B0xJ1kF8n4S6T5R2W1E0qAzSxDcFvGbHnJmKlPoIuYtReWq1A2S3==",
    "remote: Invalid username or password.",
    "fatal: Authentication failed for 'https://github.com/a/b.git/'",
    "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
    "KeyError: 'password'",
    "PASSWORD_MIN_LENGTH=12",
    "MAX_TOKENS=4096",
    "password: ********",
    "password=${DB_PASSWORD}",
    "token: process.env.API_TOKEN",
    "git clone git@github.com:a/b.git",
    "systemctl status user@1000.service",
    "error code: 0x80070005",
    "Key: HKEY_LOCAL_MACHINE\\Software\\Foo",
    "listening on 127.0.0.1:8080 and 203.0.113.9",
    "Windows 10.0.19045.3803",
    "threading.local() is per thread",
    "ssh-ed25519 host key fingerprint SHA256:Qp3VQ2bYzv7B0xJ1kF8n4S6T5R2W1E0qAzSxDcFvGbH",
    "Forgot password?",
    "/usr/share/rubygems-integration/all/gems/rack-protection-3.0.5/lib/rack/base.rb",
    "/root/.npm/_logs/2026-11-24T09_53_28_827Z-debug-0.log",
    "[████] password = [password]",
]


def texts(secrets: list[Secret]) -> list[tuple[str, str]]:
    return [(secret.kind, secret.text) for secret in secrets]


@pytest.mark.parametrize(("text", "kind", "secret"), FOUND)
def test_a_secret_is_found_with_its_kind_and_place(text: str, kind: str, secret: str) -> None:
    found = [one for one in find_secrets([line_at(text)]) if secret in one.text]
    assert [one.kind for one in found] == [kind]
    assert text[found[0].start : found[0].end] == found[0].text
    assert len(found[0].text) <= len(secret) + 3  # the quotes around it at most


@pytest.mark.parametrize(("text", "secret"), MISREAD)
def test_a_misread_secret_is_found(text: str, secret: str) -> None:
    assert any(secret in one.text for one in find_secrets([line_at(text)])), find_secrets([line_at(text)])


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_no_secret_is_left(text: str) -> None:
    assert texts(find_secrets([line_at(text)])) == []


def test_a_value_goes_on_in_the_row_below() -> None:
    first = "$ export API_TOKEN=zk3J9dPq8"
    lines = lines_of("$ ls", first, "sW27xLmN4 && make", "done")
    found = find_secrets(lines, width=lines[1].box[2] + 4)
    assert texts(found) == [("token", "zk3J9dPq8"), ("token", "sW27xLmN4")]
    assert len({one.group for one in found}) == 1


def test_a_name_in_one_row_and_the_next_setting_below_are_two_things() -> None:
    found = find_secrets(lines_of("DB_PASSWORD=correct-Horse-77", "LOG_LEVEL=debug"))
    assert texts(found) == [("password", "correct-Horse-77")]


@pytest.mark.parametrize(("x", "y"), [(200, 4), (6, 24)], ids=["beside", "below"])
def test_the_field_of_a_label_is_its_value(x: int, y: int) -> None:
    lines = [line_at("New password"), line_at("bluesky7", x, y), line_at("Remember me", 6, 60)]
    assert texts(find_secrets(lines)) == [("password", "bluesky7")]
    assert find_secrets([line_at("Order number"), line_at("bluesky7", x, y)]) == []


def test_groups_of_a_card_in_lines_of_their_own() -> None:
    lines = [line_at(group, 10 + at * 50) for at, group in enumerate(("4111", "1111", "1111", "1111"))]
    assert {one.line for one in find_secrets(lines)} == {0, 1, 2, 3}


def test_the_rows_of_a_private_key_also_without_its_beginning() -> None:
    row = "MIIEowIBAAKCAQEAx5vGMik0bSLNxkq9Z7PwXr2LdT8hYfJ3oUeVnCmBsAgQ4iK"
    rows = [row, row[::-1], row.swapcase(), "q9Z7Pw=="]
    whole = find_secrets(
        lines_of("-----BEGIN RSA PRIVATE KEY-----", *rows, "-----END RSA PRIVATE KEY-----", "$ ls -la")
    )
    assert [one.line for one in whole] == [1, 2, 3, 4]
    assert {one.line for one in find_secrets(lines_of(*rows, "$ ls -la"))} == {0, 1, 2, 3}
    public = lines_of("-----BEGIN CERTIFICATE-----", *rows, "-----END CERTIFICATE-----")
    assert [one for one in find_secrets(public) if one.kind == "key"] == []


def test_a_long_word_that_is_badly_read_is_covered() -> None:
    line = line_at("sEmOGmIp_Art_mEv-sG.1MalMam now")
    assert find_secrets([line]) == []
    assert texts(find_secrets([replace(line, confidence=0.7)])) == [("token", "sEmOGmIp_Art_mEv-sG.1MalMam")]


@pytest.mark.parametrize(
    ("label", "value", "kind"),
    [
        ("New pas…", "bundle5702", "password"),
        ("Card nu.…", "2221 0286 618…", "card"),
        ("IBAN", "ES60 5988 918.", "iban"),
        ("Email ad..", "carla_tanaka71.…", "email"),
    ],
)
def test_labels_and_values_that_are_cut_off(label: str, value: str, kind: str) -> None:
    assert texts(find_secrets([line_at(label), line_at(value, x=300)])) == [(kind, value)]


def test_a_label_that_is_cut_off_before_it_says_anything_secret() -> None:
    assert not find_secrets([line_at("Order nu.…"), line_at("77801396", x=300)])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("admin.email = lea.clarkêeasy-supplier.io", "lea.clarkêeasy-supplier.io"),
        ('ADMIN_EMAIL = "hana_baker25Gmail.catalog.co,.uk"', "hana_baker25Gmail.catalog.co,.uk"),
    ],
)
def test_an_address_whose_sign_is_misread(text: str, address: str) -> None:
    assert texts(find_secrets([line_at(text)])) == [("email", address)]


@pytest.mark.parametrize("text", ["email: smtp.example.com", "email = see docs/mail.txt", "naïve approach.py fails"])
def test_what_only_speaks_of_mail_is_left(text: str) -> None:
    assert not find_secrets([line_at(text)])


def test_a_hash_of_a_password_file_goes_on_at_the_pictures_edge() -> None:
    first = "root:$6$HOz3YwN8I.1q0Etn$6eGICYJ7HDKBhS1CDFmPGed0FB.X8keD0Dag"
    found = find_secrets(
        [line_at(first, y=4), line_at("p25NnD.nTCXveW8:19621:0:99999:7:::", y=24)], width=4 + 8 * len(first) + 6
    )
    assert any(secret.line == 1 and secret.text.startswith("p25NnD.nTCXveW8") for secret in found)


def test_a_token_goes_on_behind_what_lies_over_it() -> None:
    token, rest = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0NDY4OTM2", "U0N30.m4nzw5y"
    beside = line_at(rest, x=700)
    assert rest in {secret.text for secret in find_secrets([line_at(f"<id_token>{token}"), beside])}
    assert rest not in {secret.text for secret in find_secrets([beside])}
    menu = find_secrets([line_at(f"<id_token>{token}"), line_at("Ctrl+Shift+d", x=700)])
    assert "Ctrl+Shift+d" not in {secret.text for secret in menu}


@pytest.mark.parametrize(
    ("rows", "secret"),
    [
        (("WA-Ogl30ayjjHVKneSnDQqAom for staging",), "WA-Ogl30ayjjHVKneSnDQqAom"),
        (("login with a person / password:", "5eKX%uL@ezVx49LEThQ"), "5eKX%uL@ezVx49LEThQ"),
        (("The temporary pagsword is Currency18?",), "Currency18?"),
        (("DB_PASSiWORD=-310j#tjr2ep?lyW",), "-310j#tjr2ep?lyW"),
        (("<gh_pat>gi thub_pat_SK76I0wdc2v3GDmXKQVIFa_ULyO0cyejjXOkitFjg13D",), "thub_pat_SK76I0wdc2v3GDmXKQVIFa_ULyO0cyejjXOkitFjg13D"),
    ],
)  # fmt: skip
def test_what_is_said_badly_or_not_at_all(rows: tuple[str, ...], secret: str) -> None:
    assert any(one.text.startswith(secret[:-1]) for one in find_secrets(lines_of(*rows)))


@pytest.mark.parametrize(
    "text",
    [
        "jinja2.exceptions.TemplateNotFound",
        "10.11.19-MariaDB-0+deb12u1",
        "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
    ],
)
def test_long_words_that_are_written_or_public_are_left(text: str) -> None:
    assert not find_secrets([line_at(text)])


def test_kinds_are_chosen() -> None:
    lines = [line_at("/home/karla/x mails ana@example.com +49 170 1234567 123-45-6789")]
    assert {one.kind for one in find_secrets(lines)} == {"email"}
    assert {one.kind for one in find_secrets(lines, ["user", "phone", "ssn"])} == {"user", "phone", "ssn"}
    with pytest.raises(ValueError, match="unknown kind 'mail'"):
        find_secrets(lines, ["mail"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_anything_may_be_read(rows: list[str]) -> None:
    lines = lines_of(*rows)
    for one in find_secrets(lines, KINDS, 500):
        assert lines[one.line].text[one.start : one.end] == one.text != ""


@pytest.mark.parametrize(
    "part",
    ["a.", "a@", "1 ", "x=y ", "a:", "://", "user:", "echo a| ", "-u a:", "Ab9", "key ", "1,", "card 4", "=", "begin "],
)
def test_no_drawn_line_takes_long(part: str) -> None:
    start = time.process_time()
    mask_text(part * (3600 // len(part)))
    assert time.process_time() - start < 2
