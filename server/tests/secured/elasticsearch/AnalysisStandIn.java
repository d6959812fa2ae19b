import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.email.UAX29URLEmailTokenizer;
import org.apache.lucene.analysis.pattern.PatternCaptureGroupTokenFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/** Parts of the unpublished module analysis-common that the index of Elasticsearch's security is made with. */
public class AnalysisStandIn extends Plugin implements AnalysisPlugin {
    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
        return Map.of(
            "uax_url_email",
            (index, environment, name, settings) -> TokenizerFactory.newFactory(name, UAX29URLEmailTokenizer::new)
        );
    }

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        return Map.of(
            "pattern_capture", (index, environment, name, settings) -> new PatternCapture(name, settings),
            "unique", (index, environment, name, settings) -> new Unchanged(name)
        );
    }

    private record Unchanged(String name) implements TokenFilterFactory {
        @Override
        public TokenStream create(TokenStream tokens) {
            return tokens;
        }
    }

    private record PatternCapture(String name, Settings settings) implements TokenFilterFactory {
        @Override
        public TokenStream create(TokenStream tokens) {
            List<String> patterns = settings.getAsList("patterns");
            boolean original = settings.getAsBoolean("preserve_original", true);
            Pattern[] compiled = patterns.stream().map(Pattern::compile).toArray(Pattern[]::new);
            return new PatternCaptureGroupTokenFilter(tokens, original, compiled);
        }
    }
}
