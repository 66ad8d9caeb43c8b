package tt_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt"
)

// A transport of one's own brings certificates, proxies and tracing. Time-outs
// are the adapter's settings.
func ExampleWithHTTPClient() {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 8
	sys, err := tt.Open(context.Background(), "msk", "fake:", tt.WithHTTPClient(&http.Client{Transport: transport}))
	fmt.Println(sys, err)
	// Output: fake "msk" <nil>
}

// What a system logs: its requests at debug, what an operator should know at
// warn, and never a secret.
func ExampleWithLogger() {
	server := rsmtest.New(rsmtest.Options{Knobs: rsmtest.Knobs{Language: rsmtest.English}})
	defer server.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{} // they differ from run to run
			}
			return a
		},
	}))
	_ = os.Setenv("MONQ_TOKEN", rsmtest.DefaultToken)
	sys, err := tt.Open(context.Background(), "msk", "rsm+"+server.URL()+"?token=${MONQ_TOKEN}",
		tt.WithHTTPClient(server.Client()), tt.WithLogger(logger))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = sys.GetTT(context.Background(), "731")
	fmt.Println(tt.CodeOf(err))
	// Output:
	// level=DEBUG msg="http request" adapter=rsm system=msk method=GET path=/api/public/sm/v1/rsm-maintenance/731 attempt=1 status=404 code=not_found outcome=not_done error="GET /api/public/sm/v1/rsm-maintenance/731: The maintenance with ID 731 is not found"
	// not_found
}

// A typed constructor takes the system's name as an option, and its settings
// as fields that the compiler knows.
func ExampleWithName() {
	sys, err := rsm.New(rsm.Config{
		Common: tt.Common{BaseURL: "https://monq.example.net", Timeout: 10 * time.Second},
		Token:  tt.NewSecret("from a vault"),
	}, tt.WithName("msk"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = sys.GetTT(context.Background(), "../731")
	fmt.Println(err)
	// Output: rsm "msk": GetTT "../731": invalid: "../731" is no ticket id: give the id that create printed
}

func ExampleNewSecret() {
	token := tt.NewSecret(os.Getenv("NO_SUCH_VARIABLE"))
	fmt.Println(token.IsZero(), token)
	// Output: true [secret]
}
