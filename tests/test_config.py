"""Where compiled programs are kept, and how many."""

import os
import subprocess
import sys
import time

from citybelt.config import trim


def test_configure_without_a_home():
    code = (
        "import citybelt as cb, jax\n"
        "assert cb.configure() is None and cb.configure() is None\n"
        "assert jax.numpy.ones(1).dtype == 'float64'"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/proc/none"}
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert child.returncode == 0, child.stderr


def test_configure_keeps_programs_in_the_users_cache(tmp_path):
    code = "import citybelt as cb; print(cb.configure() == cb.configure(), cb.configure())"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    same, folder = child.stdout.split()
    assert same == "True" and folder.startswith(str(tmp_path)), child.stderr
    environment["JAX_COMPILATION_CACHE_DIR"] = str(tmp_path / "chosen")
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert child.stdout.split() == ["True", str(tmp_path / "chosen")], child.stderr


def test_configure_keeps_flags_that_were_set():
    code = "import citybelt as cb, os; cb.configure(); cb.configure(); print(os.environ['XLA_FLAGS'])"
    for given in ("", "--xla_cpu_use_fusion_emitters=true", "--xla_backend_optimization_level=1"):
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/proc/none", "XLA_FLAGS": given}
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        own = [] if "emitters" in given else ["--xla_cpu_use_fusion_emitters=false"]
        assert child.stdout.split() == [*given.split(), *own], child.stderr


def test_programs_not_used_for_longest_go_where_there_are_too_many(tmp_path):
    now = time.time()
    for k in range(10):
        (tmp_path / f"p{k}-cache").write_bytes(b"0" * 100)
        os.utime(tmp_path / f"p{k}-cache", (now - k, now - k))
    (tmp_path / "another").write_bytes(b"0" * 5000)
    trim(tmp_path, 1000)
    left = lambda: sorted(p.name for p in tmp_path.glob("*-cache"))  # noqa: E731
    assert len(left()) == 10
    trim(tmp_path, 900)  # it has looked today
    assert len(left()) == 10
    os.utime(tmp_path / "looked", (0, 0))
    trim(tmp_path, 900)
    assert left() == [f"p{k}-cache" for k in range(4)]
    assert (tmp_path / "another").exists()
