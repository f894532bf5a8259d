# SPDX-License-Identifier: BSD-2-Clause
"""What cuda.tap and rocm.tap have in common: the plugin, its fakes, and the runs of driver-test.c."""
import os
import shlex

from gpulib import CC, SRC, Stage, Tap, checked, clean_environment, links

HERE = os.path.join(SRC, "tests", "gpu")
COMMON = os.path.join(SRC, "plugins", "gpu-common")
SOURCES = ["driver-test.c", "driver-host.c", "driver-real.c", "binaries.c"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]


def library(stage, name, sources, *flags):
    """A fake, without sanitizers: it is what a driver would be."""
    path = os.path.join(stage.folder, name if ".so" in name else name + ".so")
    checked(shlex.split(CC) + ["-std=gnu17", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-fPIC", "-shared",
                               "-fvisibility=hidden", *flags, "-o", path] + [os.path.join(HERE, s) for s in sources],
            stage.folder, clean_environment(), 300)
    return path


def drive(name, fakes, define, architectures, unknown, perhaps):
    """All of one plugin: `fakes` are names of its driver's fakes and the macros that make them. The architectures are known to
    all versions of the compiler, to none, and to some.
    """
    stage, tap = Stage(name), Tap()
    stage.lay_out()
    compiler = library(stage, "compiler", ["fake-compiler.c", "binaries.c"], *define)
    companion = {"cuda": "libnvrtc-builtins.so.99", "rocm": "libhiprtc-builtins.so.99"}[name]
    library(stage, companion, ["binaries.c"], "-Wl,-soname," + companion)
    drivers = {fake: library(stage, fake, ["fake-driver.c"], *define, *flags) for fake, flags in fakes.items()}
    variants = [("", [])]
    if not stage.sanitizers and links(SANITIZE):
        variants.append((", sanitized", SANITIZE))
    for suffix, flags in variants:
        plugin = stage.plugin("gpu-" + name, flags, suffix.replace(", ", "-"))
        program = stage.program("driver-test" + suffix.replace(", ", "-"), SOURCES, ["-D_GNU_SOURCE", *flags])

        def run(what, *settings, note=""):
            tap.run([program, what, plugin, *settings], stage.folder, stage.environment(TMPDIR=stage.folder), note + suffix)

        for fake, path in drivers.items():
            run("fake", "library=" + path, note=", " + fake)
        path = list(drivers.values())[0]
        run("compiler", "library=" + path, "compiler-library=" + compiler)
        for what, known in (("older", "50,86,75,103"), ("same", "50,90,100"), ("same", "100,120")) if name == "cuda" else ():
            other = library(stage, "compiler-" + known, ["fake-compiler.c", "binaries.c"], "-DFAKE_ARCHITECTURES=" + known)
            run(what, "library=" + path, "compiler-library=" + other, note=", compiler for " + known)
        run("none", "library=/nonexistent/driver.so")
        if suffix:
            continue  # the rest is other people's code
        for architecture in architectures:
            run("compile", "compile-for=" + architecture, note=", " + architecture)
        run("unknown", "compile-for=" + unknown, note=", " + unknown)
        run("perhaps", "compile-for=" + perhaps, note=", " + perhaps)
        run("real")
    assert not [f for f in os.listdir(stage.folder) if f.startswith("vmrun-gpu-")], "a compiler's folder is left"
    return stage, tap


def kernels(stage, tap):
    """The readers of binaries, which are the guest's: always under sanitizers, where there are some."""
    flags = SANITIZE if not stage.sanitizers and links(SANITIZE) else []
    sources = ["kernels-test.c", "binaries.c"] + [os.path.join(COMMON, s) for s in ("kernels.c", "cubin.c", "codeobject.c")]
    program = stage.program("kernels-test", sources, ["-D_GNU_SOURCE", "-I" + COMMON, *flags])
    tap.run([program], stage.folder, stage.environment())
