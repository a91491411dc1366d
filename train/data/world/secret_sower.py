"""What plants secrets and remembers them, and the lines without secrets that stand around them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from train.data.world import secrets as make
from train.data.world.content import Fields
from train.data.world.secrets import Planted
from train.data.world.slots import Slots

_PASSWORD_NAMES = (
    "DB_PASSWORD PGPASSWORD MYSQL_ROOT_PASSWORD SMTP_PASSWORD ADMIN_PASS "
    "REDIS_PASSWORD KEYSTORE_PASSWORD LDAP_BIND_PASSWORD".split()
)
_PLAIN = """NODE_ENV=production
PORT={port}
LOG_LEVEL=debug
PATH=/usr/local/bin:/usr/bin:/bin
LANG=en_US.UTF-8
GIT_COMMIT={longsha}
BUILD_ID={uuid}
APP_VERSION={version}
TOKEN_EXPIRY_SECONDS=3600
PASSWORD_MIN_LENGTH=12
KEYBOARD=us
HOME=/home/{user}
CACHE_TTL={num}
DATABASE_NAME={db}
API_URL=https://api.{word}.com/v1
MAX_TOKENS=4096
S3_BUCKET={word}-{word2}
DEBUG=false""".split("\n")
_NOISE = """commit {longsha}
Author: {person}
Successfully built {sha}
{stamp} INFO started worker {num} in {ms} ms
  --> {path}:{line}:{col}
sha256:{longsha}{sha}
drwxr-xr-x 2 {user} {user2} 4096 {syslog} {word}
npm WARN deprecated {pkg}@{version}: use {pkg2} instead
[{num}/{big}] Compiling {pkg} v{version}
{pid} pts/0    00:00:0{int} {word}
Container {word}_{word2}_1  Started
error: invalid token '{ident}'
remote: Compressing objects: 100% ({num}/{num}), done.
warning: password for {word} must not be empty
Reading package lists... Done
host key algorithm: ssh-ed25519
tests/test_{word}.py::test_password_reset PASSED
ERROR: key '{ident}' not found in {file}""".split("\n")


@dataclass
class Sower:
    """Makes values and remembers them: what it gives out is planted."""

    rng: random.Random
    planted: list[Planted] = field(default_factory=list)

    def plant(self, kind: str, text: str) -> str:
        """The text, noted as a secret of that kind."""
        self.planted.append(Planted(kind, text))
        return text

    def named(self) -> tuple[str, str]:
        """A name as configurations have it, and its secret value."""
        if self.rng.random() < 0.5:
            name, value = make.token(self.rng)
            return name, self.plant("token", value)
        name = self.rng.choice(_PASSWORD_NAMES)
        return name, self.plant("password", make.password(self.rng))

    def password(self) -> str:
        """A password, planted."""
        return self.plant("password", make.password(self.rng))

    def token(self) -> str:
        """A key or token that is known for what it is without a name, planted."""
        return self.plant("token", make.token(self.rng, named=False)[1])

    def email(self) -> str:
        """A mail address, planted."""
        return self.plant("email", make.email(self.rng))

    def card(self) -> str:
        """A card number, planted."""
        return self.plant("card", make.card(self.rng))

    def iban(self) -> str:
        """An account number, planted."""
        return self.plant("iban", make.iban(self.rng))

    def host(self) -> str:
        """A private host or address, planted."""
        return self.plant("host", make.host(self.rng))


def fields_of(kind: str, app: str) -> Fields:
    """The fields of a screen without an error."""
    return Fields(False, app, kind)


def plain(rng: random.Random) -> str:
    """A setting that is not secret, some of which look as if."""
    return Slots(rng).fill(rng.choice(_PLAIN))


def noise(rng: random.Random) -> str:
    """A line of a terminal without secrets."""
    return Slots(rng).fill(rng.choice(_NOISE))
