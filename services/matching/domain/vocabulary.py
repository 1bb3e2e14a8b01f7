"""The skills that matching knows by name, and other words for them, without punctuation but + and #.

Collected from the tags of real profiles; a tag that is not here is compared as it is typed.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accessibility": "a11y",
        "angularjs": "angular",
        "angular2": "angular",
        "architect": "architecture",
        "careeradvice": "career",
        "careerplanning": "career",
        "csharp": "c#",
        "databases": "database",
        "designsystems": "designsystem",
        "dotnetcore": "dotnet",
        "electronjs": "electron",
        "expressjs": "express",
        "functional": "fp",
        "functionalprogramming": "fp",
        "golang": "go",
        "interviews": "interviewing",
        "js": "javascript",
        "k8s": "kubernetes",
        "modernphp": "php",
        "mssql": "sqlserver",
        "net": "dotnet",
        "netcore": "dotnet",
        "nextjs": "next",
        "nodejs": "node",
        "objc": "objectivec",
        "postgres": "postgresql",
        "presentation": "publicspeaking",
        "presenting": "publicspeaking",
        "reactjs": "react",
        "restapi": "rest",
        "rubyonrails": "rails",
        "rx": "rxjs",
        "speaker": "publicspeaking",
        "speaking": "publicspeaking",
        "sqlservers": "sqlserver",
        "startups": "startup",
        "tsql": "sqlserver",
        "ts": "typescript",
        "userexperience": "ux",
        "vuejs": "vue",
        "webdev": "web",
        "webdevelopment": "web",
        "websitedevelopment": "web",
    }
)

SOFT: Final = frozenset(
    {
        "career",
        "coaching",
        "communication",
        "compassion",
        "conflictresolution",
        "delegation",
        "givingfeedback",
        "hiring",
        "inclusion",
        "interviewing",
        "leadership",
        "management",
        "negotiation",
        "networking",
        "problemsolving",
        "publicspeaking",
        "remotework",
        "resilience",
        "stakeholdermanagement",
        "teaching",
        "teamwork",
        "timemanagement",
        "writing",
    }
)
"""Skills of working with people: a criterion of their own."""

TECHNICAL: Final = frozenset(
    """
    3d a11y adobe ai algorithms android angular api apidesign appsscript architecture arduino aspnet
    aspnetcore automation aws azure backend bash bestpractices bootstrap c c# c++ cloud codeigniter
    commandline css cssinjs d3js dart data database datastructures ddd design designsystem devops
    distributedsystems django docker dotnet ecommerce electron elixir elm ethereum express figma firebase
    flutter fp frontend fullstack gamedev gatsby git go graphql growthhacking html hugo ibmcloud integration
    ionic ios jamstack java javascript jest jquery kotlin kubernetes laravel linux lua magento microservices
    mobile mongodb mysql native nestjs next ngrx node nosql objectivec opensource operations oracleapex
    performance php platform postgresql powershell product programming prototyping pug pwa python quality
    rails react reactnative redis redux rest ruby rust rxjs salesforce sass scalability scrum search
    security selenium serverless sketch socketio softwaredesign spring sql sqlserver startup stenciljs
    stimulusjs svg swift symfony sysadmin tailwind tdd tensorflow terraform testing typescript ui uml
    umbraco unittesting unity uwp ux visualdesign vue web webassembly webautomation webscraping wireframing
    wordpress xamarin xamarinforms xaml
    """.split()  # noqa: SIM905 -- words read best as words
)
"""Skills of a trade."""
