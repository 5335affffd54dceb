#!/usr/bin/env bash
# Builds the libcurl that packages carry, and prints the folder of its pkg-config files: HTTP and HTTPS alone, static, with
# OpenSSL, zlib and nghttp2. Debian's shared libcurl would bring 28 more libraries along, for LDAP, Kerberos, SSH and RTMP.
# libcurl's source and the static libraries are the newest of Debian's archive, wherever this machine's apt finds it, security
# updates included; apt checks them against Debian's keyring. Nothing is installed and no rights are needed. Downloads stay in
# .build/debian, the result in .build/curl; where the archive does not answer, the downloads of the last time are taken, and that
# is said.
# Usage: Infra/curl.sh
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC
archive=$PWD/.build/debian
log=$archive/log
static=(ssl crypto nghttp2 z)
development=(libssl-dev libnghttp2-dev zlib1g-dev)
# What functions use, by its name in curl_config.h: configure goes on in silence without what it does not find.
features=(USE_OPENSSL USE_NGHTTP2 HAVE_LIBZ USE_THREADS_POSIX ENABLE_IPV6)

fail() {
  tail -n 30 "$log" >&2
  echo "libcurl for packages: $1" >&2
  exit 1
}

# Lists of its own, for which no root is needed.
private=(-qq -o Dir::State::Lists="$archive/lists" -o Dir::Cache="$archive/cache" -o APT::Sandbox::User=root
  -o APT::Update::Error-Mode=any -o Acquire::Languages=none)

apt() {
  apt-get "${private[@]}" -o Dir::Etc::SourceList="$archive/sources.list" -o Dir::Etc::SourceParts=- "$@"
}

# The addresses of Debian's archive that this machine's apt is told of, as far as it has lists.
addresses() {
  # shellcheck disable=SC2016 # The names are apt's.
  apt-get "$@" indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Origin: Debian' 'Created-By: Packages' 2>"$log" | sort -u
}

# Name and SHA-256 of each file, as the archive's signed lists have them.
ask() {
  { apt source --print-uris --only-source curl && apt download --print-uris "${development[@]}"; } \
    | sed -n "s/^'[^']*' \([^ ]*\) [0-9]* SHA256:\([0-9a-f]*\) *$/\2  \1/p"
}

is_complete() { (cd "$archive/files" && sha256sum --check --quiet "$archive/wanted") >"$log" 2>&1; }

bring() {
  mkdir -p "$archive"/{lists/partial,cache/archives/partial,files}
  local known address release component
  known=$(addresses)
  # Images throw apt's lists away.
  [ -n "$known" ] || known=$(apt-get "${private[@]}" update >"$log" 2>&1 && addresses "${private[@]}") || true
  [ -n "$known" ] || [ -s "$archive/wanted" ] || fail "apt knows no archive of Debian, or it does not answer. Run:  sudo apt-get update"
  [ -z "$known" ] || while read -r address release component; do
    printf "%s [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $address $release $component\n" deb deb-src
  done <<<"$known" >"$archive/sources.list"
  if apt update >"$log" 2>&1 && ask >"$archive/wanted.part" 2>"$log" && [ -s "$archive/wanted.part" ]; then
    mv "$archive/wanted.part" "$archive/wanted"
  elif [ -s "$archive/wanted" ]; then
    echo "Debian's archive does not answer ($(tail -n 1 "$log")); taking the versions of $(date -r "$archive/wanted" +%F):" >&2
  else
    fail "Debian's archive does not answer, and nothing was brought from it before. Look at the network and at apt's settings"
  fi
  is_complete && return
  (cd "$archive/files" && apt source --download-only --only-source curl && apt download "${development[@]}") >"$log" 2>&1 \
    || fail "the files could not be downloaded"
  is_complete || fail "the files are not what Debian's lists say"
}

# Takes apart what was brought, compiles with Debian's own flags, and puts headers and archives into the folder.
build() {
  local into=$1 multiarch options feature library
  multiarch=$(dpkg-architecture -q DEB_HOST_MULTIARCH)
  rm -rf "$into"
  mkdir -p "$into"/{lib/pkgconfig,include}
  while read -r _ file; do
    case $file in
      *.deb) dpkg-deb --extract "$archive/files/$file" "$into/debian" ;;
      # apt has checked it; what it was signed with is a developer's key.
      *.dsc) dpkg-source --no-check --no-copy --extract "$archive/files/$file" "$into/source" ;;
    esac
  done <"$archive/wanted"
  cp -r "$into"/debian/usr/include/. "$into"/debian/usr/include/"$multiarch"/. "$into/source/include/curl" "$into/include"
  rm -rf "$into/include/$multiarch"
  for library in "${static[@]}"; do cp "$into/debian/usr/lib/$multiarch/lib$library.a" "$into/lib"; done
  cd "$into/source"
  export DEB_BUILD_MAINT_OPTIONS=hardening=+all
  options=(--disable-{shared,dependency-tracking,maintainer-mode} --enable-{static,threaded-resolver,ipv6} --with-pic
    --disable-{ares,ftp,file,ldap,ldaps,rtsp,dict,telnet,tftp,pop3,imap,smb,smtp,gopher,mqtt,websockets,unix-sockets}
    --disable-{ntlm,ntlm-wb,tls-srp,sspi,cookies,alt-svc,hsts,doh,mime,netrc,manual,libcurl-option,get-easy-options}
    --with-{openssl,zlib,nghttp2} --without-{brotli,zstd,libpsl,libgsasl,libssh2,libssh,librtmp,libidn2,gssapi}
    --without-{ca-bundle,ca-path})
  # Nothing of this machine's own libraries or settings: neither pkg-config's nor the environment's.
  env -i PATH="$PATH" LC_ALL=C TZ=UTC ./configure --quiet "${options[@]}" CC=gcc PKG_CONFIG=false LDFLAGS="-L$into/lib" \
    CPPFLAGS="-I$into/include $(dpkg-buildflags --get CPPFLAGS)" \
    CFLAGS="$(dpkg-buildflags --get CFLAGS) -g0 -ffunction-sections -fdata-sections"
  for feature in "${features[@]}"; do
    grep -q "^#define $feature 1" lib/curl_config.h || { echo "configure left out $feature"; return 1; }
  done
  env -i PATH="$PATH" LC_ALL=C TZ=UTC make --directory lib --jobs "$(nproc)" --silent
  cp lib/.libs/libcurl.a "$into/lib"
  rm -rf "$into"/{source,debian}
}

# A file of pkg-config's: name, what the linker is told.
describe() {
  printf '%s: %s\n' Name "$1" Description "$1 for packages" Version "$version" Cflags "-I$folder/include" Libs "-L$folder/lib $2" \
    >"$folder/lib/pkgconfig/$1.pc"
}

bring
# Every input of the build: other inputs get another folder, so that what is linked with them is linked again.
folder=$PWD/.build/curl/$( (cat "$archive/wanted" Infra/curl.sh && gcc --version) | sha256sum | cut -c1-16)
sed -nE 's/^[^ ]* +(.*)(_[a-z0-9]+\.deb|\.dsc)$/  \1/; T; s/%3a/:/; s/_/ /p' "$archive/wanted" >&2
if [ ! -f "$folder/lib/pkgconfig/libcurl.pc" ]; then
  echo "Building libcurl" >&2
  # Not after `||`, where bash would go on in the function after a failure.
  trap 'fail "it could not be built"' ERR
  (build "$folder") >"$log" 2>&1
  trap - ERR
  version=$(sed -n 's/^#define LIBCURL_VERSION "\(.*\)"/\1/p' "$folder/include/curl/curlver.h")
  describe libcrypto -lcrypto
  describe zlib -lz
  describe libcurl "-lcurl -lnghttp2 -lssl -lcrypto -lz"
  find .build/curl -mindepth 1 -maxdepth 1 ! -path ".build/curl/$(basename "$folder")" -exec rm -rf {} +
fi
echo "$folder/lib/pkgconfig"
