"""Network tools and clients failing; the only servers are loopback ones inside the session."""

from __future__ import annotations

from train.data.capture.session import Session
from train.data.capture.terminal import Look, failure, terminal

WEB = "cd /srv; (python3 -m http.server 8000 >/dev/null 2>&1 &); sleep 1"

RECIPES = [
    terminal(
        "curl-connection-refused",
        "connection refused",
        Session(["curl http://localhost:8080/health"]),
        Look("tango-light", "Liberation Mono", 11, 92, 20),
        failure(
            "curl",
            "curl: (7) Failed to connect to localhost port 8080 after 0 ms: Couldn't connect to server",
            "network",
            "7",
        ),
        "localhost:8080",
    ),
    terminal(
        "curl-cannot-resolve",
        "cannot resolve host",
        Session(["curl -sSO https://downloads.example.org/app-2.3.1.tar.gz"]),
        Look("nord", "Fira Code", 11, 84, 20),
        failure("curl", "curl: (6) Could not resolve host: downloads.example.org", "dns", "6"),
        "downloads.example.org",
    ),
    terminal(
        "curl-404",
        "not found",
        Session(["curl -fsS http://localhost:8000/api/v1/users/42"], privileged=WEB),
        Look("amber", "Terminus", 14, 80, 24),
        failure("curl", "curl: (22) The requested URL returned error: 404", "not_found", "404"),
        "users/42",
    ),
    terminal(
        "curl-self-signed",
        "self-signed certificate",
        Session(
            ["curl https://localhost:8443/login"],
            privileged="""
            openssl req -x509 -newkey rsa:2048 -nodes -keyout /srv/key.pem -out /srv/cert.pem -days 30 -subj /CN=localhost
            (openssl s_server -accept 8443 -key /srv/key.pem -cert /srv/cert.pem -www >/dev/null 2>&1 &)
            sleep 1
            """,
        ),
        Look("xterm-light", "DejaVu Sans Mono", 10, 100, 30),
        failure("curl", "curl: (60) SSL certificate problem: self-signed certificate", "tls_certificate", "60"),
        "localhost:8443",
    ),
    terminal(
        "wget-404",
        "not found",
        Session(
            ["curl -s -o /dev/null -w '%{http_code}\\n' localhost:8000/", "wget -nv http://localhost:8000/disk.iso"],
            privileged=WEB,
        ),
        Look("console-blue", "DejaVu Sans Mono", 12, 100, 28),
        failure("Wget", "re:.*ERROR 404: File not found.", "not_found", "404"),
        "disk.iso",
    ),
    terminal(
        "ssh-unreachable",
        "network unreachable",
        Session(["ssh deploy@10.20.0.15"]),
        Look("ivory", "-misc-fixed-medium-r-normal--14-130-75-75-c-70-iso10646-1", None, 80, 24),
        failure("ssh", "ssh: connect to host 10.20.0.15 port 22: Network is unreachable", "network"),
        "10.20.0.15",
    ),
    terminal(
        "ssh-cannot-resolve",
        "cannot resolve host",
        Session(["ssh deploy@build.example.org"]),
        Look(
            "solarized-dark",
            "JetBrains Mono",
            12,
            96,
            26,
            desktop=(1280, 800, "#2b2b2b"),
            title="dev@desktop:~/project",
        ),
        failure(
            "ssh",
            "ssh: Could not resolve hostname build.example.org: Temporary failure in name resolution",
            "dns",
        ),
        "build.example.org",
    ),
    terminal(
        "ping-cannot-resolve",
        "cannot resolve host",
        Session(["ping -c 3 gateway.example.org"]),
        Look("green", "-misc-fixed-medium-r-normal--20-200-75-75-c-100-iso10646-1", None, 80, 18),
        failure("ping", "ping: gateway.example.org: Temporary failure in name resolution", "dns"),
        "gateway.example.org",
    ),
    terminal(
        "docker-no-daemon",
        "no daemon",
        Session(["docker ps -a"]),
        Look("dracula", "Hack", 12, 104, 22),
        failure(
            "Docker",
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "network",
        ),
        "ps",
    ),
    terminal(
        "kubectl-connection-refused",
        "connection refused",
        Session(["kubectl get pods --v=0 --request-timeout=2s 2>&1 | tail -n 1"]),
        Look("nord", "Agave", 11, 104, 22),
        failure(
            "kubectl",
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
            "network",
        ),
        "localhost:8080",
    ),
    terminal(
        "psql-connection-refused",
        "connection refused",
        Session(["psql -h localhost -U shop shopdb"]),
        Look("tango-dark", "DejaVu Sans Mono", 9, 110, 40),
        failure(
            "psql",
            'psql: error: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
            "network",
        ),
        "localhost:5432",
    ),
    terminal(
        "mysql-cannot-connect",
        "connection refused",
        Session(["mysql -h 127.0.0.1 -u root shop"]),
        Look("console", "Liberation Mono", 12, 80, 24),
        failure("MySQL", "ERROR 2002 (HY000): Can't connect to server on '127.0.0.1' (115)", "network", "HY000"),
        "127.0.0.1",
    ),
    terminal(
        "redis-connection-refused",
        "connection refused",
        Session(["redis-cli -p 6379 ping"]),
        Look("gruvbox", "Inconsolata", 13, 76, 18),
        failure("redis-cli", "Could not connect to Redis at 127.0.0.1:6379: Connection refused", "network"),
        "127.0.0.1:6379",
    ),
]
