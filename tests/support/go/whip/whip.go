// Package whip has the requests of WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep).
package whip

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	deadline  = 20 * time.Second
	maxAnswer = 64 * 1024
)

var client = &http.Client{Timeout: deadline}

func request(method, url, token, body string) (*http.Response, string, error) {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/sdp")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response, string(text), err
}

// Post returns the answer to an offer and the session's URL.
func Post(url, token, offer string) (answer, session string, err error) {
	response, answer, err := request(http.MethodPost, url, token, offer)
	if err != nil {
		return "", "", err
	}
	if response.StatusCode != http.StatusCreated {
		return "", "", fmt.Errorf("POST: %s: %s", response.Status, answer)
	}
	location, err := response.Location()
	if err != nil {
		return "", "", err
	}
	return answer, location.String(), nil
}

// Delete ends a session.
func Delete(session, token string) {
	request(http.MethodDelete, session, token, "")
}
