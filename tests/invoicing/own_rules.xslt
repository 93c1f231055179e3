<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:svrl="http://purl.oclc.org/dsdl/svrl" version="2.0">
  <xsl:template match="/">
    <svrl:schematron-output>
      <svrl:failed-assert id="HOUSE-1" flag="fatal" test="false()" location="/"><svrl:text>The house wants more.</svrl:text></svrl:failed-assert>
      <svrl:failed-assert id="HOUSE-2" flag="warning" test="false()" location="/"><svrl:text>And it would be nice.</svrl:text></svrl:failed-assert>
    </svrl:schematron-output>
  </xsl:template>
</xsl:stylesheet>
