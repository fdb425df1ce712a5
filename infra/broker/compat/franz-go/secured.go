package main

// How does a client get in where the broker asks for TLS and a password?

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

type security struct{ CA, Mechanism, User, Password string }

func secured(wanted *security) []kgo.Opt {
	if wanted == nil {
		return nil
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(must(os.ReadFile(wanted.CA)))
	user := scram.Auth{User: wanted.User, Pass: wanted.Password}
	mechanism := map[string]func() sasl.Mechanism{
		"PLAIN":         func() sasl.Mechanism { return plain.Auth{User: wanted.User, Pass: wanted.Password}.AsMechanism() },
		"SCRAM-SHA-256": func() sasl.Mechanism { return user.AsSha256Mechanism() },
		"SCRAM-SHA-512": func() sasl.Mechanism { return user.AsSha512Mechanism() },
	}[wanted.Mechanism]()
	return []kgo.Opt{kgo.SASL(mechanism), kgo.DialTLSConfig(&tls.Config{RootCAs: authorities})}
}
