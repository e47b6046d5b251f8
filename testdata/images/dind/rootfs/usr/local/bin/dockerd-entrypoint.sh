#!/bin/sh
# Runs dockerd with the given options, or another command as it is. As docker:dind does, it listens on 2376 with
# certificates of its own when DOCKER_TLS_CERTDIR names a directory for them, and on 2375 without any otherwise.
set -eu

certificates() {
	dir=$DOCKER_TLS_CERTDIR
	mkdir -p "$dir/ca" "$dir/server" "$dir/client"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=dind-ca -keyout "$dir/ca/key.pem" -out "$dir/ca/cert.pem"
	for side in server client; do
		openssl req -newkey rsa:2048 -nodes -subj "/CN=$side" -keyout "$dir/$side/key.pem" -out "$dir/$side/csr.pem"
		printf 'subjectAltName=DNS:localhost,DNS:docker,DNS:dind,DNS:%s,IP:127.0.0.1\n' "$(cat /etc/hostname)" >"$dir/$side/ext"
		openssl x509 -req -days 2 -in "$dir/$side/csr.pem" -extfile "$dir/$side/ext" -CAcreateserial \
			-CA "$dir/ca/cert.pem" -CAkey "$dir/ca/key.pem" -out "$dir/$side/cert.pem"
		cp "$dir/ca/cert.pem" "$dir/$side/ca.pem"
	done
	chmod -R a+rX "$dir/client"
}

case "${1:-}" in
"" | -*)
	if [ -n "${DOCKER_TLS_CERTDIR:-}" ]; then
		certificates >/dev/null 2>&1
		set -- --host=tcp://0.0.0.0:2376 --tlsverify --tlscacert="$DOCKER_TLS_CERTDIR/server/ca.pem" \
			--tlscert="$DOCKER_TLS_CERTDIR/server/cert.pem" --tlskey="$DOCKER_TLS_CERTDIR/server/key.pem" "$@"
	else
		set -- --host=tcp://0.0.0.0:2375 --tls=false "$@"
	fi
	set -- dockerd --host=unix:///var/run/docker.sock "$@"
	;;
esac
rm -f /var/run/docker.pid
exec "$@"
