# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# debian.bash - guests' files from Debian: what bootstrap and `vmrun --new` share.
#
# To be sourced with `set -u -o pipefail`. The one who sources it sets `program`, its name in
# messages, and `guest_suite`; and, while it fetches, `scratch`, a folder that is removed at the end.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# Kernel modules for guests that have more than a console; what they need comes with them.
guest_modules=(
    virtio_mmio virtio_blk virtio_net virtio_rng nvme 9pnet_virtio 9p ext4 vfat nls_cp437 nls_ascii
    isofs overlay af_packet
)
# Architectures of guests as vmrun calls them: Debian's name, the kernel's file in its package (and
# in our folder), the package with firmware, and what is taken of that.
declare -A guest_debian=([riscv64]=riscv64 [aarch64]=arm64)
declare -A guest_kernel=([riscv64]=vmlinux [aarch64]=vmlinuz)
declare -A guest_firmware=([riscv64]=opensbi)
declare -A guest_firmware_files=(
    [riscv64]='fw_dynamic.bin fw_dynamic.elf fw_jump.bin fw_jump.elf'
)
# UEFI for guests that can have it; their flash is this file, and what its variables are made from.
declare -A guest_uefi=([aarch64]='AAVMF_CODE.fd AAVMF_VARS.fd')
uefi_package=qemu-efi-aarch64
guest_names() { printf '%s\n' "${!guest_debian[@]}" | LC_ALL=C sort; }
scratch=
heartbeat=
# Left empty, mirrors are those that this machine's own apt uses.
guest_mirror=
# The name by which the mirror has delivered the suite's lists.
guest_lists=

# --- messages and steps ----------------------------------------------------------------------

say() { echo "$program: $*" >&2; }

die()
{
    say "error: $*"
    exit 1
}

cleanup()
{
    [ -z "$heartbeat" ] || kill "$heartbeat" 2>/dev/null
    [ -z "$scratch" ] || rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Shows that a step is alive: on a terminal each second, otherwise each 20 seconds. DETAIL is a
# command that prints how far it is.
beat()
{
    local label=$1 detail=$2 start=$SECONDS text
    exec 8>&- 9>&- </dev/null >/dev/null
    while sleep 1 && kill -0 $$ 2>/dev/null; do
        text="$label ($((SECONDS - start)) s$($detail))"
        if [ -t 2 ]; then
            printf '\r\033[K%s: %s' "$program" "$text" >&2
        elif [ $(((SECONDS - start) % 20)) -eq 0 ]; then
            say "$text"
        fi
    done
}

detail=:

# step LABEL LOGFILE COMMAND...: runs a command quietly; its status is the step's.
step()
{
    local label=$1 log=$2 start=$SECONDS status=0
    shift 2
    say "$label"
    beat "$label" "$detail" &
    heartbeat=$!
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$heartbeat" 2>/dev/null
    wait "$heartbeat" 2>/dev/null
    heartbeat=
    [ ! -t 2 ] || printf '\r\033[K' >&2
    if [ $status -ne 0 ]; then
        say "$label: failed with status $status; the end of $log:"
        tail -n 40 "$log" | sed 's/^/    /' >&2
    elif [ $((SECONDS - start)) -gt 2 ]; then
        say "$label: done in $((SECONDS - start)) s"
    fi
    return $status
}

# --- fetching --------------------------------------------------------------------------------

# The mirrors that this machine's apt has for Debian itself, best first: those whose release files
# say so, then (its lists may be empty) whatever serves a suite of that name. What they deliver
# counts only when it is signed by Debian's keys.
debian_mirrors()
{
    local codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    {
        apt-get indextargets --format '$(ORIGIN)/$(LABEL) $(RELEASE) $(REPO_URI)' \
            'Created-By: Packages' 'Component: main' | sed -n 's,^Debian/Debian ,,p'
        apt-get indextargets --format '$(RELEASE) $(REPO_URI)' \
            -o APT::Get::IndexTargets::ReleaseInfo=false \
            'Created-By: Packages' 'Component: main'
    } | awk -v codename="$codename" -v suite="$guest_suite" '
        ($1 == codename || $1 == suite || $1 ~ /^(old)*stable$/) &&
            $2 !~ /^cdrom:/ && !seen[$2]++ { print $2 }'
}

# An apt of our own below DIR: of the machine's settings only how to reach a server (proxies,
# credentials) is taken over; sources, lists, cache and trust are private.
# write_apt_conf DIR MIRROR ARCHITECTURE SUITE
write_apt_conf()
{
    local dir=$1 mirror=$2 arch=$3 suite=$4
    mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
    : >"$dir/status"
    echo "deb [signed-by=$keyring arch=$arch] $mirror $suite main" >"$dir/sources.list"
    {
        apt-config dump | grep -E '^(Acquire|Dir::Etc::netrc)'
        cat <<END
Dir::State "$dir/state";
Dir::State::lists "lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "$arch";
APT::Architectures "$arch";
APT::Sandbox::User "";
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "3";
END
    } >"$dir/apt.conf"
}

guest_apt() { env APT_CONFIG="$scratch/apt/apt.conf" "$@"; }

scratch_size() { du -sm "$scratch" 2>/dev/null | sed 's/^\([0-9]*\).*/, \1 MB/'; }

# What apt has just read is the guest's suite, by whatever name.
# lists_are_of SUITE
lists_are_of()
{
    [ "$1" = "$guest_suite" ] ||
        grep -qsx "Codename: $guest_suite" "$scratch"/apt/state/lists/*_InRelease
}

# While a mirror takes over a point release, an architecture's lists may be older than the release
# file that it has under the suite's name, but be those of the one that it has under another.
# update_guest_lists ARCHITECTURE
update_guest_lists()
{
    local arch=$1 mirror mirrors suite
    mapfile -t mirrors < <([ -n "$guest_mirror" ] && echo "$guest_mirror" || debian_mirrors)
    if [ ${#mirrors[@]} -eq 0 ]; then
        say "apt on this machine has no Debian mirror configured"
        return 1
    fi
    for mirror in "${mirrors[@]}"; do
        for suite in "$guest_suite" stable oldstable; do
            rm -rf "$scratch/apt"
            write_apt_conf "$scratch/apt" "$mirror" "$arch" "$suite"
            if step "reading the package lists of Debian $suite for $arch" \
                "$scratch/update.log" guest_apt apt-get update -q && lists_are_of "$suite"; then
                guest_mirror=$mirror guest_lists=$suite
                return 0
            fi
        done
    done
    say "no Debian mirror of this machine delivers $guest_suite with a valid signature"
    return 1
}

# The kernel that the suite's meta package stands for today.
# newest_kernel ARCHITECTURE
newest_kernel()
{
    guest_apt apt-cache depends --important "linux-image-$1" 2>/dev/null |
        sed -n "s/^ *Depends: *\\(linux-image-[0-9][^ ]*-$1\\)\$/\\1/p" | head -n 1
}

# one_file PATTERN DESTINATION: copies the one file below the unpacked packages that matches.
one_file()
{
    local found
    mapfile -t found < <(find "$scratch/root" -type f -path "$scratch/root/$1")
    [ ${#found[@]} -eq 1 ] || die "a fetched package has ${#found[@]} files like $1, not one"
    cp "${found[0]}" "$2" || die "cannot write $2"
}

download_packages() { env -C "$scratch/debs" APT_CONFIG="$scratch/apt/apt.conf" \
    apt-get download -q "$@"; }

unpack_packages()
{
    local deb
    for deb in "$scratch"/debs/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$scratch/root" || return 1
    done
}

# copy_uefi FOLDER: 64 MiB each, nearly all zeros.
copy_uefi()
{
    local file
    for file in ${guest_uefi[aarch64]}; do
        cp --sparse=always "$scratch/root/usr/share/AAVMF/$file" "$1/$file" || return 1
    done
}

# collect_modules RELEASE ARCHIVE: an initramfs part with the few modules that guests load, unpacked, since
# busybox loads no compressed ones. A name that is built into the kernel stands for no file.
collect_modules()
{
    local release=$1 part=$scratch/modules module base=$scratch/root
    [ -d "$base/lib/modules" ] || base=$scratch/root/usr
    mkdir -p "$part/lib/modules/$release" && depmod -b "$base" "$release" || return 1
    for module in "${guest_modules[@]}"; do
        modprobe -C /dev/null -d "$base" -S "$release" --show-depends "$module" || return 1
    done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' >"$scratch/modules.list"
    while read -r module; do
        install -D -m 644 "$module" "$part/lib/modules/$release/${module#*/$release/}" || return 1
    done <"$scratch/modules.list"
    find "$part" -name '*.ko.xz' -exec xz -d {} + || return 1
    cp "$base/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} \
        "$part/lib/modules/$release" && depmod -b "$part" "$release" || return 1
    rm -f "$part/lib/modules/$release"/modules.*.bin
    pack_initramfs "$part" "$2"
}

# pack_initramfs FOLDER ARCHIVE: the same archive for the same files: sorted names, no times, no
# inode numbers.
pack_initramfs()
{
    find "$1" -exec touch -h -d @0 {} + &&
        (cd "$1" && find . | LC_ALL=C sort |
            cpio --quiet -o -H newc -R 0:0 --reproducible) | gzip -9 -n >"$2"
}

# make_initramfs BUSYBOX INIT ARCHIVE
make_initramfs()
{
    local root=$scratch/initramfs
    mkdir -p "$root/bin" && install -m 755 "$1" "$root/bin/busybox" &&
        install -m 755 "$2" "$root/init" && pack_initramfs "$root" "$3"
}

# fetch_kernel GUEST FOLDER [PACKAGE]: kernel, modules, busybox and firmware into FOLDER; what one
# more package has is unpacked in $scratch/root.
fetch_kernel()
{
    local guest=$1 out=$2 arch=${guest_debian[$1]} kernel deb file packages
    mkdir "$scratch/debs" "$scratch/root" || return 1
    detail=scratch_size
    update_guest_lists "$arch" || return 1
    kernel=$(newest_kernel "$arch")
    [ -n "$kernel" ] || die "Debian $guest_suite has no linux-image-$arch"
    packages=("$kernel" busybox-static ${guest_firmware[$guest]:-} ${3:-})
    step "fetching ${packages[*]}" "$scratch/download.log" \
        download_packages "${packages[@]}" || die "the download failed"
    step "unpacking" "$scratch/unpack.log" unpack_packages || die "unpacking failed"
    one_file "boot/${guest_kernel[$guest]}-*" "$out/${guest_kernel[$guest]}"
    one_file '*bin/busybox' "$out/busybox"
    for file in ${guest_firmware_files[$guest]:-}; do
        one_file "*/$arch-linux-gnu/${guest_firmware[$guest]}/generic/$file" "$out/$file"
    done
    step "packing kernel modules" "$scratch/modules.log" \
        collect_modules "${kernel#linux-image-}" "$out/modules.cpio.gz" ||
        die "cannot pack the kernel's modules"
    for deb in "$scratch"/debs/*.deb; do
        dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb"
    done >"$out/versions"
    detail=:
}
