"""What was measured on, and whether it will do."""
import datetime
import os
import platform
import re
import resource
import subprocess

from .paths import BENCHMARKS, PEER_PYTHON


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def processor():
    with open("/proc/cpuinfo") as file:
        models = {line.split(":", 1)[1].strip() for line in file if line.startswith("model name")}
    return ", ".join(sorted(models)) or platform.machine()


def file_system(path):
    return output("stat", "--file-system", "--format=%T", path)


def is_in_memory(path):
    return file_system(path) in ("tmpfs", "ramfs")


def nchan():
    versions = output("dpkg-query", "--show", "--showformat=${Package} ${Version}, ", "libnginx-mod-nchan", "nginx")
    return versions.strip(", ")


def swift_nio():
    with open(os.path.join(BENCHMARKS, "peers", "nio", "Package.swift")) as file:
        return re.search(r'swift-nio", from: "([^"]+)"', file.read())[1]


def describe():
    swift = re.search(r"Swift version [0-9.]+", output("swift", "--version"))
    return {
        "date": datetime.date.today().isoformat(),
        "commit": output("git", "-C", BENCHMARKS, "describe", "--always", "--dirty"),
        "processor": processor(),
        "cores": os.cpu_count(),
        "load average": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.release()}",
        "libwebsockets": output("pkg-config", "--modversion", "libwebsockets"),
        "swift": swift[0] if swift else "unknown",
        "swift-nio": swift_nio(),
        "python": platform.python_version(),
        "websockets": output(PEER_PYTHON, "-c", "import websockets; print(websockets.__version__)"),
        "openssl": output("openssl", "version"),
        "nchan": nchan(),
        "file system": file_system(BENCHMARKS),
    }


MADE_OF = (
    "processor", "cores", "system", "libwebsockets", "swift", "swift-nio", "python", "websockets", "openssl", "nchan",
    "file system",
)


def is_same_kind(one, other):
    """Whether figures may stand in one table. What is not installed, or was not asked for yet, has taken no part."""
    pairs = [(one.get(key, "unknown"), other.get(key, "unknown")) for key in MADE_OF]
    return all("unknown" in pair or pair[0] == pair[1] for pair in pairs)


def caption(machine):
    return (
        f"{machine['date']}, {machine['processor']}, {machine['system']}, libwebsockets {machine['libwebsockets']}, "
        f"{machine['swift']}."
    )


def raise_descriptor_limit():
    """Raises the limit as far as it goes, for this process and the servers it starts; gives the limit."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return limit


def require_two_cores():
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("error: two cores are needed, one for the server and one for the load")
