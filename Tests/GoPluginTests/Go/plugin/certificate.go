package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"ropewalk.test/mux"
)

// ownCertificate makes a certificate for this run and trusts the host's in both directions. go-plugin 1.0's own
// configuration does not take that for a root, so that a plugin with it cannot dial back.
func ownCertificate() (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(os.Getenv("PLUGIN_CLIENT_CERT"))) {
		return nil, errors.New("the host's certificate cannot be read")
	}
	own, err := mux.NewIdentity()
	if err != nil {
		return nil, err
	}
	return mux.Trusting(own, pool), showInHandshake(own.Certificate[0])
}

// showInHandshake puts a certificate where go-plugin shows only those of its own.
func showInHandshake(certificate []byte) error {
	output := os.Stdout
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	os.Stdout = writer
	go func() {
		line, _ := bufio.NewReader(reader).ReadString('\n')
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "|")
		fields[len(fields)-1] = base64.RawStdEncoding.EncodeToString(certificate)
		fmt.Fprintln(output, strings.Join(fields, "|"))
	}()
	return nil
}
