"""Terminals in which secrets are planted: environments, requests, connections, logins, keys and configurations."""

from __future__ import annotations

from collections.abc import Callable

from train.data.world import secrets as make
from train.data.world.content import Row, TerminalContent, Text
from train.data.world.secret_sower import Sower, fields_of, noise, plain
from train.data.world.slots import Slots, word

Say = Callable[[str], None]
"""Puts a row into the session: what somebody typed, or what a program said."""


def secret_terminal(sower: Sower) -> TerminalContent:
    """A session of a few commands, some with secrets in them."""
    rng = sower.rng
    prompt = Slots(rng).fill(
        rng.choice(
            ("{user}@{shost}:~/{repo}$ ", "$ ", "{user}@{shost} {repo} % ", "root@{shost}:/# ", "PS C:\\{word}> ", "> ")
        )
    )
    rows: list[Row] = []

    def said(text: str, role: str = "output") -> None:
        rows.append(Row((Text(text, role),)))

    def typed(text: str) -> None:
        rows.append(Row((Text(prompt, "prompt"), Text(text, "command"))))

    for _ in range(rng.randint(0, 5)):
        said(noise(rng))
    for scene in rng.sample(_SCENES, rng.choice((1, 1, 2, 2, 3))):
        scene(sower, typed, said)
        for _ in range(rng.choice((0, 0, 1, 3))):
            said(noise(rng))
    rows.append(Row((Text(prompt, "prompt"),)))
    app = rng.choice(("xterm", "GNOME Terminal", "Konsole", "Windows Terminal", "Terminal"))
    title = Text(Slots(rng).fill("{user}: ~/{repo}"), "title") if rng.random() < 0.6 else None
    return TerminalContent(fields_of("terminal", app), tuple(rows), title, app=app)


def _environment(sower: Sower, typed: Say, said: Say) -> None:
    rng = sower.rng
    typed(rng.choice(("env | sort", "printenv", "cat .env", "heroku config -s", "docker exec api env")))
    lines = [plain(rng) for _ in range(rng.randint(2, 7))]
    lines += ["{}={}".format(*sower.named()) for _ in range(rng.randint(1, 4))]
    rng.shuffle(lines)
    for line in lines:
        said(line)


def _request(sower: Sower, typed: Say, said: Say) -> None:
    rng, url = sower.rng, Slots(sower.rng).fill("https://api.{word}.com{urlpath}")
    way = rng.randrange(5)
    if way == 0:
        typed(f'curl -H "Authorization: Bearer {sower.token()}" {url}')
    elif way == 1:
        typed(f"curl -u {word(rng)}:{sower.plant('password', make.drawn(rng, make.ALNUM, 8, 16))} {url}")
    elif way == 2:
        typed(
            f"curl -X POST {url} -H 'X-Api-Key: {sower.plant('token', make.drawn(rng, make.ALNUM, 24, 40))}' -d @body.json"
        )
    elif way == 3:
        typed(f'curl "{url}?access_token={sower.plant("token", make.drawn(rng, make.ALNUM, 24, 40))}&page=2"')
    else:
        typed(f"curl -v {url} --cookie 'sessionid={sower.plant('token', make.drawn(rng, make.LOWER, 26, 32))}'")
    said(rng.choice(('{"error": "unauthorized"}', "HTTP/2 401", "curl: (22) The requested URL returned error: 403")))


def _database(sower: Sower, typed: Say, said: Say) -> None:
    rng = sower.rng
    word_ = sower.plant("password", make.drawn(rng, make.ALNUM + "-_.!", 8, 18).strip(".-!_") + "7")
    user, name = word(rng), word(rng)
    way = rng.randrange(5)
    if way == 0:
        typed(f"psql postgres://{user}:{word_}@{sower.host()}:5432/{name}")
    elif way == 1:
        typed(f"mysql -h {sower.host()} -u {user} -p{word_} {name}")
    elif way == 2:
        typed(f"PGPASSWORD={word_} psql -h {sower.host()} -U {user}")
    elif way == 3:
        typed(f"mongosh mongodb+srv://{user}:{word_}@cluster0.{word(rng)}.mongodb.net/{name}")
    else:
        typed(f"redis-cli -h {sower.host()} -a {word_} ping")
    said(
        rng.choice(
            (
                "FATAL:  database does not exist",
                "ERROR 2003 (HY000): Can't connect to MySQL server",
                "PONG",
                "Connected.",
            )
        )
    )


def _login(sower: Sower, typed: Say, said: Say) -> None:
    rng = sower.rng
    way = rng.randrange(6)
    if way == 0:
        typed(f"docker login -u {word(rng)} -p {sower.password()} registry.{word(rng)}.com")
    elif way == 1:
        typed(f"sshpass -p '{sower.password()}' ssh {word(rng)}@{sower.host()}")
    elif way == 2:
        typed("aws configure")
        said(f"AWS Access Key ID [None]: {sower.plant('token', make.TOKENS['AWS_ACCESS_KEY_ID'](rng))}")
        said(f"AWS Secret Access Key [None]: {sower.plant('token', make.TOKENS['AWS_SECRET_ACCESS_KEY'](rng))}")
        said("Default region name [None]: eu-central-1")
    elif way == 3:
        typed("git remote -v")
        url = f"https://{word(rng)}:{sower.plant('token', make.TOKENS['GITHUB_TOKEN'](rng))}@github.com/{word(rng)}/{word(rng)}.git"
        said(f"origin  {url} (fetch)")
    elif way == 4:
        typed(f"ssh {word(rng)}@{sower.host()}")
        said("Permission denied (publickey,password).")
    else:
        typed("git log -1")
        said(f"commit {Slots(rng).fill('{longsha}')}")
        said(f"Author: {Slots(rng).fill('{person}')} <{sower.email()}>")


def _key_file(sower: Sower, typed: Say, said: Say) -> None:
    rng = sower.rng
    typed(rng.choice(("cat ~/.ssh/id_rsa", "cat server.key", "kubectl get secret tls -o yaml", "openssl genrsa 2048")))
    first, rows, last = make.private_key(rng)
    said(first)
    for row in rows[: rng.randint(3, 16)]:
        said(sower.plant("key", row))
    said(last)


def _config_file(sower: Sower, typed: Say, said: Say) -> None:
    rng = sower.rng
    way = rng.randrange(4)
    if way == 0:
        typed("cat ~/.npmrc")
        said("registry=https://registry.example.com/")
        said(f"//registry.example.com/:_authToken={sower.plant('token', make.TOKENS['NPM_TOKEN'](rng))}")
    elif way == 1:
        typed("cat ~/.netrc")
        said(
            f"machine api.{word(rng)}.com login {word(rng)} password {sower.plant('password', make.drawn(rng, make.ALNUM, 8, 20))}"
        )
    elif way == 2:
        typed("cat docker-compose.yml")
        for line in ("services:", "  db:", "    image: postgres:16", "    environment:"):
            said(line)
        said(f"      POSTGRES_PASSWORD: {sower.password()}")
    else:
        typed("sudo tail -1 /etc/shadow")
        hashed = "$6$" + make.drawn(rng, make.ALNUM + "./", 16) + "$" + make.drawn(rng, make.ALNUM + "./", 86)
        said(f"{word(rng)}:{sower.plant('password', hashed)}:19{rng.randint(100, 999)}:0:99999:7:::")


_SCENES = (_environment, _environment, _request, _database, _login, _key_file, _config_file)
