import HTTPFront
import Testing

@testable import Bridge

@Suite struct PagePolicyTests {
  @Test func `the policy of a page has the hashes of its own script and style`() {
    let policy = PagePolicy.text(for: "<p><style>p{}</style><script>alert(1)</script>")
    // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
    #expect(policy.contains("script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"))
    #expect(policy.contains("style-src 'sha256-"))
    #expect(!policy.contains("unsafe"))
    #expect(PagePolicy.text(for: "<p>").contains("script-src 'none'"))
  }

  @Test func `the pages that are served have one script and one style`() {
    for response in [DocsPage.response, WelcomePage.response, WelcomePage.withoutConsole] {
      let page = String(decoding: response.body, as: UTF8.self)
      #expect(page.split(separator: "<script").count == 2 && page.contains("<script>"))
      #expect(page.split(separator: "<style").count == 2 && page.contains("<style>"))
      #expect(!page.contains(" style=") && !page.contains(" onclick="))
      let policy = response.headers["Content-Security-Policy"]
      #expect(policy == PagePolicy.text(for: page))
      #expect(policy?.contains("script-src 'sha256-") == true)
    }
  }
}
