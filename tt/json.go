package tt

import (
	"bytes"
	"encoding/json"
)

// marshal is json.Marshal without its escapes of <, > and &, which people read
// in a shell and in logs. A caller whose encoder escapes them still gets them
// escaped: encoding/json does that to what a MarshalJSON returns.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
