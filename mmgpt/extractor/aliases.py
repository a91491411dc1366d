"""Names under which programs stand on the screen, and the names that people call them by."""

from __future__ import annotations

from mmgpt.extractor.candidates import folded

_NAMES = {
    "APT": "apt apt-get aptitude apt-cache",
    "TypeScript": "tsc",
    "SQLite": "sqlite3 sqlite",
    "PostgreSQL": "psql pg_dump pg_restore createdb dropdb",
    "MySQL": "mysql mysqldump mysqladmin",
    "MongoDB": "mongosh mongo mongod",
    "Redis": "redis-cli redis-server",
    "Python": "python python2 python3 python3.9 python3.10 python3.11 python3.12 python3.13 ipython",
    "Node.js": "node nodejs",
    "Java": "java",
    "PHP": "php",
    "Ruby": "ruby irb",
    "Perl": "perl",
    "Lua": "lua",
    "R": "rscript",
    "Julia": "julia",
    "Go": "go",
    ".NET": "dotnet",
    "GHC": "ghc ghci cabal stack",
    "OpenSSH": "ssh ssh-add ssh-keygen ssh-copy-id sftp sshd",
    "OpenSSL": "openssl",
    "GnuPG": "gpg gpg2",
    "Git": "git",
    "GitHub CLI": "gh",
    "Docker": "docker dockerd",
    "Docker Compose": "docker-compose",
    "Podman": "podman",
    "Helm": "helm",
    "Terraform": "terraform",
    "Ansible": "ansible ansible-playbook",
    "Vagrant": "vagrant",
    "AWS CLI": "aws",
    "Wget": "wget",
    "netcat": "nc ncat",
    "FFmpeg": "ffmpeg ffprobe",
    "ImageMagick": "convert convert-im6.q16 magick identify mogrify",
    "Pandoc": "pandoc",
    "LaTeX": "latex pdflatex xelatex lualatex latexmk",
    "GCC": "gcc g++ cc c++ cc1 cc1plus",
    "Clang": "clang clang++",
    "CMake": "cmake",
    "Ninja": "ninja",
    "Cargo": "cargo",
    "Maven": "mvn mvnw",
    "Gradle": "gradle gradlew ./gradlew",
    "Kotlin": "kotlinc kotlin",
    "Swift": "swift swiftc",
    "Elixir": "mix elixir iex",
    "Bundler": "bundle bundler",
    "RubyGems": "gem",
    "Composer": "composer",
    "Conda": "conda mamba",
    "Poetry": "poetry",
    "Ruff": "ruff",
    "Yarn": "yarn",
    "Vite": "vite",
    "Jest": "jest",
    "Deno": "deno",
    "ESLint": "eslint",
    "Vim": "vim vi nvim",
    "Bash": "bash -bash",
    "cmd": "cmd.exe",
    "Zsh": "zsh -zsh",
    "DNF": "dnf yum",
    "Homebrew": "brew",
    "Flatpak": "flatpak",
    "systemd": "systemctl journalctl",
    "NetworkManager": "nmcli",
    "CUPS": "lp lpr lpstat",
    "Visual Studio Code": "vscode code",
    "Chromium": "chromium-browser",
    "Google Chrome": "chrome",
    "Files": "nautilus",
    "Evince": "evince",
}
_BY_KEY = {folded(alias): name for name, aliases in _NAMES.items() for alias in (name, *aliases.split())}


def is_known(text: str) -> bool:
    """Whether the text is an alias or the name of a program of the table."""
    return folded(text) in _BY_KEY


def canonical(text: str) -> str:
    """The name people use for what stands on the screen; the text itself when it is nobody's alias."""
    return _BY_KEY.get(folded(text), text)


def app_key(text: str) -> str:
    """What two namings of one application have in common, confusable letters and aliases fallen together."""
    return folded(canonical(text))
