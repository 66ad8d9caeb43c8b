package zstacktest_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

// sha512Hex is a password as clients send it.
func sha512Hex(password string) string {
	sum := sha512.Sum512([]byte(password))
	return hex.EncodeToString(sum[:])
}

// signed is the Authorization of a request with the default access key.
func signed(method, date, path string) string {
	mac := hmac.New(sha1.New, []byte(zstacktest.DefaultAccessKeySecret))
	mac.Write([]byte(method + "\n" + date + "\n" + path))
	return "ZStack " + zstacktest.DefaultAccessKeyID + ":" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
