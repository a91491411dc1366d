"""Words that slots are made of."""

from __future__ import annotations

NOUNS = (
    "account address agent alert album archive article asset attachment audit backup badge balance banner basket batch "
    "billing board booking branch bridge browser bucket budget buffer build bundle cache calendar camera campaign card "
    "cart catalog channel chapter chart chat checkout client clock cluster column command comment commit config contact "
    "container content contract cookie counter coupon course currency cursor customer daemon dashboard data dataset "
    "deck delivery device digest document domain draft driver editor email engine entry event export factory feature "
    "feed field file filter folder font form forum frame gallery gateway graph grid group guide handler header history "
    "host icon image import index inbox input invoice issue item job journal kernel key label layer layout ledger lesson "
    "library license link list loader locale lock log login mail manager map market matrix media member menu merge "
    "message meter metric migration mirror model module monitor mount network node note notice number object offer "
    "order output owner package page panel parser partner password patch payment person phone photo pipeline plan "
    "player plugin policy pool portal post price printer process product profile project proxy queue quota quote range "
    "rate reader receipt record region registry release relay report request reserve resource result review role room "
    "route router rule runner sample scanner schedule schema scope score script search secret section sensor server "
    "service session setting share shop signal site slot snapshot socket source stage stock storage store stream "
    "student style subject subscription summary supplier support survey switch table target task team template tenant "
    "test theme thread ticket timer token tool topic track trade transfer tree unit update upload user value vendor "
    "version video view volume voucher wallet warehouse watcher widget window wizard worker zone"
).split()


ADJECTIVES = (
    "active basic blue bold bright calm central clean clear cloud core daily dark deep digital direct dry early easy "
    "fast fine first flat fresh global golden grand green happy hidden high home hot inner large late legacy light "
    "linear little live local long low main master micro mini mobile modern native new next north old open outer plain "
    "prime private public pure quick quiet rapid raw red remote rich royal safe second secure shared sharp short silent "
    "silver simple slow small smart soft solid south spare stable static strong sub super swift tiny top total true "
    "ultra upper urban vast virtual warm west white wide wild young"
).split()


VERBS = (
    "add apply attach build bind call check clean clone close collect compile compute connect convert copy create "
    "decode delete deploy download edit encode encrypt execute export extract fetch find flush format generate get "
    "handle import index init insert install invoke join launch link list load lock log map merge migrate mount move "
    "notify open pack parse patch ping play post prepare print process publish pull push query queue read rebuild "
    "receive refresh register release reload remove rename render replace reset resolve restart restore resume retry "
    "run save scan schedule search send set show sign sort split start stop store stream submit sync test track "
    "transfer transform unlock unpack update upgrade upload validate verify view wait watch write"
).split()


FIRST_NAMES = (
    "alex amir ana anna ben bob carla chen chris dana daniel david deepa elena emma eric eva felix finn frank grace "
    "hana henry ida igor ines ivan jack jan jane jin joe john julia kai karen karl kim lars lea leo lena lina lucas lucy "
    "maria mark marta max maya mei mia mike mira nadia nina noah olga omar oscar paul pavel petra priya ravi rosa ruth "
    "sam sara sofia sven tara tim tom tony ursula vera victor wei yuki zoe"
).split()


LAST_NAMES = (
    "Adams Baker Becker Brown Chen Clark Cruz Davis Diaz Evans Fischer Garcia Green Hansen Harris Ito Jensen Jones Kaur "
    "Khan Kim King Kowalski Kumar Lee Lopez Martin Meyer Miller Moreau Nguyen Novak Olsen Park Patel Perez Popov Reed "
    "Rossi Sato Schmidt Silva Singh Smith Tanaka Taylor Wagner Walker Wang Weber White Wilson Wood Young Zhang"
).split()


TLDS = (
    "com",
    "com",
    "com",
    "org",
    "net",
    "io",
    "dev",
    "example",
    "local",
    "internal",
    "de",
    "co.uk",
    "edu",
    "test",
    "lan",
    "app",
)


EXTENSIONS = (
    "txt md json yaml yml toml ini conf cfg csv tsv xml html css js ts tsx jsx py rb go rs c h cpp hpp java kt php sh "
    "sql log pdf docx xlsx pptx odt png jpg svg mp4 mp3 zip tar.gz deb rpm iso db sqlite pem key lock bak tmp"
).split()


PY_MODULES = (
    "requests numpy pandas flask django yaml scipy sklearn torch tensorflow matplotlib bs4 lxml sqlalchemy psycopg2 "
    "redis celery boto3 click rich pydantic fastapi uvicorn jinja2 cv2 PIL tqdm dotenv paramiko cryptography httpx "
    "aiohttp pytest attrs jwt openpyxl selenium scrapy nltk spacy transformers dateutil pymongo docker stripe"
).split()


NPM_MODULES = (
    "express lodash react react-dom vue axios webpack vite typescript eslint chalk dotenv mongoose cors body-parser "
    "moment uuid next nuxt jest mocha prettier rxjs redux socket.io ws pg mysql2 sequelize prisma sharp bcrypt "
    "node-sass node-gyp puppeteer tailwindcss postcss rollup esbuild nodemon zod d3 three"
).split()


PY_ATTRS = "split append items get read strip lower keys text json shape columns group encode id name value fit close find_all".split()


PY_TYPES = "NoneType str int list dict tuple float bytes set Series DataFrame Response function module generator Tensor".split()


SHELLS_HOST = (
    "web db app build dev prod stage mail node worker ci laptop desktop thinkpad pi nas vm "
    "ubuntu debian fedora cache proxy edge"
).split()


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
