// Command kstatus computes what Flux makes of resources: it reads them as JSON
// from its input, one after the other, and writes one result for each.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

type result struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func main() {
	log.SetFlags(0)
	written := json.NewEncoder(os.Stdout)
	read := json.NewDecoder(os.Stdin)
	for {
		var resource json.RawMessage
		err := read.Decode(&resource)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		// as clients read it: a number without a fraction is an int64
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(resource); err != nil {
			log.Fatal(err)
		}
		computed, err := status.Compute(object)
		if err != nil {
			log.Fatal(err)
		}
		if err := written.Encode(result{string(computed.Status), computed.Message}); err != nil {
			log.Fatal(err)
		}
	}
}
