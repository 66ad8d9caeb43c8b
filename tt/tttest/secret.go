package tttest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// NoSecret reports, as an error, that err shows one of the secrets: in its
// text, in what fmt prints of it and of every error that it wraps, or in its
// JSON; as it is, or escaped for a URL, for JSON or in base64. It returns nil
// when err shows none, and for a nil err. The error that it returns names the
// secret by its position and never holds it.
func NoSecret(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	for _, e := range chain(err) {
		if leak := noSecretIn(e, secrets); leak != nil {
			return fmt.Errorf("the error of type %T: %w", err, leak)
		}
	}
	return nil
}

// NoSecretIn is [NoSecret] for a text, such as a log.
func NoSecretIn(text string, secrets ...string) error {
	for i, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range forms(secret) {
			if strings.Contains(text, form.text) {
				return fmt.Errorf("secret number %d of %d shows, %s", i+1, len(secrets), form.name)
			}
		}
	}
	return nil
}

// noSecretIn prints v in every way that programs print things.
func noSecretIn(v any, secrets []string) error {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if err := NoSecretIn(fmt.Sprintf(verb, v), secrets...); err != nil {
			return fmt.Errorf("%w, when it is printed with %s", err, verb)
		}
	}
	// What cannot be marshaled cannot leak by being marshaled.
	if text, err := json.Marshal(v); err == nil {
		if err := NoSecretIn(string(text), secrets...); err != nil {
			return fmt.Errorf("%w, when it is written as JSON", err)
		}
	}
	return nil
}

// chain returns err and every error that it wraps.
func chain(err error) []error {
	all := []error{err}
	switch wrapped := err.(type) { //nolint:errorlint // every link is wanted, none skipped
	case interface{ Unwrap() []error }:
		for _, e := range wrapped.Unwrap() {
			if e != nil {
				all = append(all, chain(e)...)
			}
		}
	default:
		if e := errors.Unwrap(err); e != nil {
			all = append(all, chain(e)...)
		}
	}
	return all
}

type form struct{ name, text string }

// forms returns the ways in which a secret is written in requests and logs.
func forms(secret string) []form {
	all := []form{
		{"as it is", secret},
		{"escaped for a query", url.QueryEscape(secret)},
		{"escaped for a path", url.PathEscape(secret)},
	}
	if text, err := json.Marshal(secret); err == nil {
		all = append(all, form{"escaped for JSON", string(text[1 : len(text)-1])})
	}
	// Basic authorization encodes the secret behind a user name: in base64 it
	// then looks one of three ways, but for the digits that it shares with its
	// neighbours.
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for offset := range 3 {
			text := encoding.EncodeToString([]byte(strings.Repeat("x", offset) + secret))
			text = text[(offset*8+5)/6:]
			if (offset+len(secret))%3 != 0 {
				text = text[:len(text)-1]
			}
			if len(text) >= 6 { // less would be found by chance
				all = append(all, form{"in base64", text})
			}
		}
	}
	return all
}
